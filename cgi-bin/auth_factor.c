/* The second factor, and proving once more who one is. */
#include "auth.h"

#include "domain/people/login.h"
#include "domain/people/password.h"
#include "domain/people/signin.h"
#include "domain/people/totp.h"
#include "web/reply.h"

static const struct field code_body[] = {
	{ "code", FIELD_SECRET, .required = true, .min = TOTP_DIGITS, .max = FACTOR_CODE_MAX,
	    .doc = "Of the authenticator app, or a recovery code", .example = "\"287082\"" },
	{ 0 },
};
static const struct field reauth_body[] = {
	{ "password", FIELD_SECRET, .required = true, .min = 1, .max = PASSWORD_MAX,
	    .doc = "The password" },
	{ "code", FIELD_SECRET, .min = TOTP_DIGITS, .max = FACTOR_CODE_MAX,
	    .doc = "Of the second factor; needed as well when it is on", .example = "\"287082\"" },
	{ 0 },
};
static const struct field secret_reply[] = {
	{ "secret", FIELD_SECRET, .doc = "For typing into the app: 160 bits in base32",
	    .example = "\"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\"" },
	{ "uri", FIELD_SECRET, .doc = "The same for a QR code: otpauth://totp/…",
	    .example =
		"\"otpauth://totp/Confab:maya%40example.org?secret=GEZDGNBVGY3TQOJQ&issuer=Confab\"" },
	{ 0 },
};
static const struct field recovery_element[] = {
	{ "code", FIELD_SECRET, .example = "\"GEZD-GNBV-GY3T-QOJQ\"" },
};
static const struct field recovery_reply[] = {
	{ "recovery_codes", FIELD_LIST, .sub = recovery_element,
	    .doc = "Each good once; shown now and never again" },
	{ 0 },
};

static enum err
get_totp(struct req *req)
{
	struct rows *rows;

	TRY(totp_get(req->db, req->caller.user_id, &rows));
	return reply_row(req, rows, 0);
}

/* What apps show behind the site's name. */
static enum err
label_of(struct req *req, const char **label)
{
	struct rows *rows;

	TRY(user_get(req->db, req->caller.user_id, &rows));
	*label = rows_text_of(rows, 0, "email");
	if (*label == NULL)
		*label = rows_text_of(rows, 0, "display_name");
	return ERR_OK;
}

static enum err
post_enrol(struct req *req)
{
	struct totp_secret secret;
	const char *label;

	TRY(login_proved(req->db, req->caller.login_id));
	TRY(label_of(req, &label));
	TRY(totp_enrol(req->db, req->conf, req->caller.user_id, label, &secret));
	buf_puts(&req->reply.body, "{\"secret\":");
	buf_json(&req->reply.body, secret.base32);
	buf_puts(&req->reply.body, ",\"uri\":");
	buf_json(&req->reply.body, secret.uri);
	buf_putc(&req->reply.body, '}');
	return reply_json(req, "");
}

static enum err
reply_codes(struct req *req, const char *const codes[RECOVERY_CODES])
{
	size_t i;

	buf_puts(&req->reply.body, "{\"recovery_codes\":");
	for (i = 0; i < RECOVERY_CODES; i++) {
		buf_putc(&req->reply.body, i == 0 ? '[' : ',');
		buf_json(&req->reply.body, codes[i]);
	}
	buf_puts(&req->reply.body, "]}");
	return reply_json(req, "");
}

/* Of a code that is judged: the count of wrong ones is committed whatever comes of it. */
struct proof {
	struct req *req;
	enum err outcome;
};

static enum err
confirm_in_tx(struct db *db, void *arg)
{
	struct proof *proof = arg;
	struct req *req = proof->req;
	const char *codes[RECOVERY_CODES];

	reply_restart(req);
	TRY(totp_confirm(db, req->conf, req->caller.user_id, req_text(req, "code"), codes,
	    &proof->outcome, &req->retry_after_s));
	if (proof->outcome != ERR_OK)
		return ERR_OK;
	TRY(login_end_others(db, req->caller.user_id, req->caller.login_id));
	return reply_codes(req, codes);
}

static enum err
post_confirm(struct req *req)
{
	struct proof proof = { req, ERR_OK };

	TRY(db_tx(req->db, confirm_in_tx, &proof));
	return proof.outcome;
}

static enum err
post_recovery(struct req *req)
{
	const char *codes[RECOVERY_CODES];

	TRY(login_proved(req->db, req->caller.login_id));
	TRY(totp_recovery(req->db, req->conf, req->caller.user_id, codes));
	return reply_codes(req, codes);
}

static enum err
post_disable(struct req *req)
{
	TRY(login_proved(req->db, req->caller.login_id));
	TRY(totp_disable(req->db, req->caller.user_id));
	return reply_empty(req);
}

static enum err
reauth_in_tx(struct db *db, void *arg)
{
	struct proof *proof = arg;
	struct req *req = proof->req;
	struct signin signin = {
		.password = req_text(req, "password"), .code = req_text(req, "code"), .ip = req->ip
	};

	TRY(signin_again(db, req->conf, req->caller.user_id, &signin));
	proof->outcome = signin.outcome;
	req->retry_after_s = signin.retry_after_s;
	return signin.outcome == ERR_OK ? login_prove(db, req->caller.login_id) : ERR_OK;
}

static enum err
post_reauth(struct req *req)
{
	struct proof proof = { req, ERR_OK };

	TRY(db_tx(req->db, reauth_in_tx, &proof));
	return proof.outcome == ERR_OK ? reply_empty(req) : proof.outcome;
}

static const enum err proved_errors[] = { ERR_REAUTH, ERR_BAD_STATE, ERR_OK };
static const enum err confirm_errors[] = { ERR_BAD_CODE, ERR_BAD_STATE, ERR_RATE, ERR_OK };
static const enum err reauth_errors[] = { ERR_BAD_CREDENTIALS, ERR_SECOND_FACTOR, ERR_BAD_CODE,
	ERR_RATE, ERR_BUSY, ERR_OK };

const struct route auth_factor_routes[] = {
	{ METHOD_GET, "/api/v1/auth/totp", "totp_get", .roles = ROLE_SIGNED_IN, .rate = RATE_READ,
	    .reply = totp_fields, .handle = get_totp, .summary = "Is the second factor on",
	    .doc = "And how many recovery codes are left." },
	{ METHOD_POST, "/api/v1/auth/totp/enrol", "totp_enrol", .roles = ROLE_SIGNED_IN,
	    .rate = RATE_AUTH, .reply = secret_reply, .errors = proved_errors, .handle = post_enrol,
	    .summary = "Begin to set up an authenticator app",
	    .doc = "Nothing asks for its codes before one of them is confirmed. Needs a sign-in or "
		   "POST /auth/reauth in the last five minutes." },
	{ METHOD_POST, "/api/v1/auth/totp/confirm", "totp_confirm", .roles = ROLE_SIGNED_IN,
	    .rate = RATE_AUTH, .flags = ROUTE_NO_TX, .body_max = AUTH_BYTES_MAX, .body = code_body,
	    .reply = recovery_reply, .errors = confirm_errors, .handle = post_confirm,
	    .summary = "Turn the second factor on with its first code",
	    .doc = "Signing in takes a code from now on, and all other logins end. Keep the recovery "
		   "codes: each lets in once without the app." },
	{ METHOD_POST, "/api/v1/auth/totp/recovery", "totp_recovery", .roles = ROLE_SIGNED_IN,
	    .rate = RATE_AUTH, .reply = recovery_reply, .errors = proved_errors,
	    .handle = post_recovery, .summary = "Make new recovery codes",
	    .doc = "The old ones work no more. Needs a sign-in or POST /auth/reauth in the last five "
		   "minutes." },
	{ METHOD_POST, "/api/v1/auth/totp/disable", "totp_disable", .roles = ROLE_SIGNED_IN,
	    .rate = RATE_AUTH, .status = 204, .errors = proved_errors, .handle = post_disable,
	    .summary = "Turn the second factor off",
	    .doc = "Its recovery codes are gone too. Needs a sign-in or POST /auth/reauth in the last "
		   "five minutes." },
	{ METHOD_POST, "/api/v1/auth/reauth", "auth_reauth", .roles = ROLE_SIGNED_IN,
	    .rate = RATE_AUTH, .flags = ROUTE_NO_TX, .status = 204, .body_max = AUTH_BYTES_MAX,
	    .body = reauth_body, .errors = reauth_errors, .handle = post_reauth,
	    .summary = "Prove again who you are",
	    .doc = "With the password, and with the code when the second factor is on. Good for five "
		   "minutes of this login, for what answers reauth_required." },
	{ 0 },
};
