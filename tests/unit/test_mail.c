/* E-mail: what stands in headers is one header, whatever is in a name, and reads as it was. */
#include "base/str.h"
#include "ext/mail.h"
#include "harness/cunit.h"

#include <string.h>

static struct arena *arena;

/* Every line of a folded header is short, and continues with a blank. */
static bool
folded(const char *text)
{
	const char *end;

	for (; (end = strstr(text, "\r\n")) != NULL; text = end + 2)
		if (end - text > 76 || end[2] != ' ')
			return false;
	return strlen(text) <= 76 && strpbrk(text, "\r\n") == NULL;
}

static void
plain_text_stays_and_other_is_encoded(void)
{
	const char *hindi =
	    mail_words(arena, "आपका कोड 123456 है, और यह पाँच मिनट तक चलेगा, किसी को न बताएँ");

	CU_ASSERT_STRING_EQUAL(mail_words(arena, "Your code"), "Your code");
	CU_ASSERT_STRING_EQUAL(mail_words(arena, "Grüße"), "=?UTF-8?B?R3LDvMOfZQ==?=");
	CU_ASSERT_TRUE(str_starts(mail_words(arena, "=?UTF-8?B?QQ==?="), "=?UTF-8?B?PT9"));
	CU_ASSERT_PTR_NOT_NULL(strstr(hindi, "?=\r\n =?UTF-8?B?"));
	CU_ASSERT_TRUE(folded(hindi));
}

static void
a_line_end_in_a_name_makes_no_header(void)
{
	const char *text =
	    mail_person(arena, "Eve\r\nBcc: all@example.test\r\n", "eve@example.test");

	CU_ASSERT_STRING_EQUAL(text, "\"Eve  Bcc: all@example.test  \" <eve@example.test>");
	text = mail_person(arena, "Ève\r\nBcc: all@example.test", "eve@example.test");
	CU_ASSERT_TRUE(folded(text));
	CU_ASSERT_PTR_NULL(strstr(text, "Bcc"));
	CU_ASSERT_STRING_EQUAL(mail_words(arena, "Hi\r\nX: y"), "Hi  X: y");
	CU_ASSERT_STRING_EQUAL(
	    mail_person(arena, "A \"B\" \\", "a@b.test"), "\"A \\\"B\\\" \\\\\" <a@b.test>");
	CU_ASSERT_STRING_EQUAL(mail_person(arena, NULL, "a@b.test"), "a@b.test");
}

static void
a_name_of_200_characters_is_folded(void)
{
	char name[601] = "";
	int i;

	for (i = 0; i < 200; i++)
		memcpy(name + 3 * i, "अ", 3);
	CU_ASSERT_TRUE(folded(mail_person(arena, name, "a@b.test")));
	memset(name, 'x', 200);
	name[200] = '\0';
	CU_ASSERT_TRUE(folded(mail_person(arena, name, "a@b.test")));
}

static void
the_message_id_is_that_of_the_letter(void)
{
	const struct conf conf = { .mail_from = "no-reply@confab.example" };
	const struct mail mail = { .id = "0190" };

	CU_ASSERT_STRING_EQUAL(mail_message_id(arena, &conf, &mail), "<0190@confab.example>");
}

static void
nobody_is_asked_without_tls_but_this_machine(void)
{
	struct conf conf = { .site_name = "S",
		.mail_from = "a@b.test",
		.smtp_url = "smtps:nowhere",
		.postmark_url = "http://192.0.2.1",
		.postmark_token = "t",
		.smtp_user = "" };
	const struct mail mail = { "1", "a@b.test", NULL, "s", "t", "<p>t</p>" };
	struct delivery delivery = { 0 };

	CU_ASSERT_EQUAL(
	    mail_provider_find("postmark")->send(arena, &conf, &mail, &delivery), ERR_UNAVAILABLE);
	CU_ASSERT_PTR_NOT_NULL(strstr(delivery.error, "TLS"));
	conf.smtp_url = "smtp2://127.0.0.1";
	CU_ASSERT_EQUAL(
	    mail_provider_find("smtp")->send(arena, &conf, &mail, &delivery), ERR_UNAVAILABLE);
	CU_ASSERT_PTR_NULL(mail_provider_find("Smtp"));
}

static const struct cunit_test tests[] = {
	{ "plain text stays, and other is encoded", plain_text_stays_and_other_is_encoded },
	{ "a line end in a name makes no header", a_line_end_in_a_name_makes_no_header },
	{ "a name of 200 characters is folded", a_name_of_200_characters_is_folded },
	{ "the Message-ID is that of the letter", the_message_id_is_that_of_the_letter },
	{ "nobody is asked without TLS but this machine",
	    nobody_is_asked_without_tls_but_this_machine },
	{ 0 },
};

int
main(void)
{
	int status;

	arena = arena_new(1024 * 1024);
	status = cunit_run("mail", tests);
	arena_free(arena);
	return status;
}
