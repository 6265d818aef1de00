// What the fuzzer puts where a value belongs: pieces of raw JSON (as bytes, for not all of them are
// text), pieces of queries and paths, header lines. All choices come from one seeded generator.

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function generator(seed) {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let t = Math.imul(state ^ (state >>> 15), state | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
}

const bytes = (...parts) => Buffer.concat(parts.map((part) =>
	typeof part === "string" ? Buffer.from(part) : Buffer.from(part)));
const quoted = (...parts) => bytes('"', ...parts, '"');

const numerals = ["1e-400", "-1e-400", "1e-308", "5e-324", "1e400", "-1e400", "1e-99999", "0e99999",
	"-0", "-0.0", "0.0", "1", "-1", "1.0", "1.5", "1e0", "1E2", "1e+2", "1e18", "2147483647", "2147483648",
	"-2147483649", "4294967296", "9007199254740993", "9223372036854775807", "9223372036854775808",
	"-9223372036854775808", "-9223372036854775809", "18446744073709551616",
	"1.7976931348623157e308", "1.7976931348623159e308", `0.${"0".repeat(400)}1`, `1${"0".repeat(400)}`,
	`1${"0".repeat(30000)}`, `0.${"3".repeat(20000)}`, "00", "01", "-01", "+1", ".5", "1.", "1e", "1e+", "-",
	"0x10", "NaN", "Infinity", "-Infinity", "1_000", "1,5", "90.0000000000000001", "12.969999999999999999"];

/** Text that is well-formed, and means something to some layer behind. */
const texts = ["", " ", "  \t ", "a", "'", "' OR 1=1 --", "%", "_", "\\", "$1", "{{csrf}}", "<script>",
	"null", "true", "0", "-1", "NaN", "infinity", "-infinity", "now", "epoch", "a,b", "{a}", "a\nb", "a\r\nb",
	"\t", "\u0001", "\u007f", "\u0085", "\u00a0", "\u200b", "\u202eabc", "\u2028", "\ufeff", "\ufffe", "\uffff",
	"\u{10ffff}", "e\u0301", "\u{1f44d}", "\u{1f469}\u200d\u{1f469}\u200d\u{1f467}", "\ud83c\uddee\ud83c\uddf3",
	"İ", "ß", "ﬁ", "00000000-0000-0000-0000-000000000000", "0199A3C0-7D2E-7C1B-9F3A-2B1D5E6F7A80",
	"ffffffff-ffff-ffff-ffff-ffffffffffff", "{0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a80}", "not-a-uuid",
	"2026-02-30", "2024-02-29", "0001-01-01", "9999-12-31", "10000-01-01", "0000-01-01", "1899-12-31",
	"2026-11-21T09:30:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999999999Z",
	"9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59",
	"2030-01-01T00:00:00+15:59", "2030-01-01T00:00:00+16:00", "2030-01-01T00:00:00-23:59",
	"2030-06-30T23:59:60Z", "2030-01-01T24:00:00Z", "2030-01-01t00:00:00z", "2030-01-01 00:00:00Z",
	"maya@example.org", "a@b", "@", `${"a".repeat(64)}@${"b".repeat(63)}.org`, "\"a b\"@c.org", "+14155550100",
	"+0", "+999999999999999999", "UTC", "Asia/Kolkata", "Etc/GMT+12", "posix/UTC", "../../etc/passwd", "EST5EDT",
	"UTC-24", "localtime", "Factory", "a/b", "en", "pt-BR", "i-klingon", "zh-Hant-TW", "x".repeat(35), "INR",
	"COIN", "inr", "USER", "ADMIN", "ONLINE", "12.97,77.59", "1e-400,0", "-0,-0", "90,180", "91,0", "NaN,NaN", ",",
	"\"phrase", "-not", "or or or", "a & b", "!", ":*", "<->", "a".repeat(120), "a".repeat(121), "a".repeat(4001),
	"a".repeat(5000), "\u{1f600}".repeat(4000), "z".repeat(30000), "r1.0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a80.4.mac"];

/** Strings that are none: bad UTF-8, overlong forms, surrogates, NUL, raw control characters. */
const broken = [quoted("\\u0000"), quoted("a\\u0000b"), quoted([0]), quoted("\\ud800"), quoted("\\udc00\\ud800"),
	quoted("\\ud800\\u0041"), quoted([0xff]), quoted([0xc0, 0xaf]), quoted([0xc0, 0x80]), quoted([0xed, 0xa0, 0x80]),
	quoted([0xf4, 0x90, 0x80, 0x80]), quoted([0xf0, 0x80, 0x80, 0x80]), quoted([0xe2, 0x82]), quoted([0x80]),
	quoted("\n"), quoted("\t"), quoted("\\x41"), quoted("\\u12"), quoted("\\"), bytes('"'), bytes("'a'"), bytes("a")];

const shapes = ["null", "true", "false", "True", "undefined", "[]", "{}", "[[]]", "[null]", "[{}]", '{"a":1}', '[1,2,3]',
	'["en","en"]', `[${'"en",'.repeat(200)}"en"]`, `${"[".repeat(17)}${"]".repeat(17)}`,
	`${"[".repeat(9000)}`, `${'{"a":'.repeat(17)}1${"}".repeat(17)}`, "", " ", ",", "1 2", "/* x */ 1"];

/** Everything that can stand where a value belongs, as bytes. */
export const numbers = numerals.map((text) => bytes(text));
export const strings = [...texts.map((text) => bytes(JSON.stringify(text))), ...broken];
export const others = shapes.map((text) => bytes(text));
export const values = [...numbers, ...strings, ...others];

/** What can stand behind "name=" in a query, as it is sent. */
export const queryValues = [...numerals.filter((text) => text.length < 500), ...texts.filter((text) => text.length < 500)
	.map((text) => encodeURIComponent(text)), "", "%", "%4", "%zz", "%00", "%ff", "%c0%af", "%ed%a0%80", "+", "a+b", "%2B",
"%0d%0a", "a%26b", "[]", "a".repeat(4000), "&", "=", "a=b", ";", "%25%30%30"];

/** What can stand for {…} in a path, as it is sent. */
export const pathValues = ["", ".", "..", "%2e%2e", "%2f", "%5c", "me", "ME", "0", "-1", "null", "a%00b", "%ff", "%c0%af",
	"%0a", "%E2%80%AE", "%F0%9F%91%8D", "%F0%9F%91%8D%F0%9F%91%8D", "a", "*", "%2A", "%20", "+", ";a=b", "'", "%27", "a".repeat(65),
	"a".repeat(1100), "00000000-0000-0000-0000-000000000000", "0199A3C0-7D2E-7C1B-9F3A-2B1D5E6F7A80",
	"0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a80", "0199a3c07d2e7c1b9f3a2b1d5e6f7a80",
	"0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a80x", "%7B0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a80%7D"];

const jwt = (head, body, end) => [head, body].map((part) =>
	Buffer.from(JSON.stringify(part)).toString("base64url")).join(".") + `.${end}`;

/** Header lines by name; a value of undefined leaves the header out. */
export const headerLines = {
	"Authorization": [undefined, "", "Bearer", "Bearer ", "Bearer a", "Bearer a.b.c", "bearer ..", "Basic YTpi", "Bearer a b",
		`Bearer ${"a".repeat(3000)}`, `Bearer ${jwt({ alg: "none" }, { sub: "a" }, "")}`,
		`Bearer ${jwt({ alg: "HS256", kid: "demo" }, { sub: "a", exp: 1e400 }, "AAAA")}`, "Bearer \xff", "Digest x=\"y\""],
	"If-Match": ["*", "", "\"v1\"", "\"v0\"", "\"v-1\"", "\"v9223372036854775807\"", "\"v9223372036854775808\"", "\"v1e3\"",
		"W/\"v1\"", "\"v1\", \"v2\"", "v1", "\"v\"", "\"", "\"v1", "\"v 1\"", "\"v+1\"", "\"v01\"", "\xff"],
	"If-None-Match": ["*", "", "\"v1\"", "W/\"v1\"", "\"a\", \"b\"", "\"".repeat(1000), "v1", "\xff"],
	"Idempotency-Key": ["", " ", "a", "k".repeat(255), "k".repeat(256), "a b", "\"a\"", "a\tb", "\xe9", "'", "0".repeat(4000)],
	"Content-Type": [undefined, "", "text/plain", "application/json; charset=utf-16", "application/json;", "APPLICATION/JSON",
		"application/jsonx", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/problem+json",
		"application/json, text/plain", "json", "a".repeat(2000)],
	"Content-Encoding": ["gzip", "br", "identity", "deflate, gzip", "x".repeat(300)],
	"X-Request-Id": ["", "a", "../../etc", "a b", "\"", "\xff", "a".repeat(65), "{}", "%s%s%s%n"],
	"Cookie": ["confab_panel=a", "a=b; ".repeat(300), "=", "\xff=\xff"],
	"Accept": ["text/html", "image/*;q=2", "application/xml", "a".repeat(2000)],
	"Accept-Encoding": ["gzip", "br;q=1.0, *;q=0", "identity;q=0"],
	"User-Agent": ["", "\xff\xfe", "a".repeat(4000), "<script>", "\t"],
	"Origin": ["null", "https://evil.test", "\xff", "http://127.0.0.1"],
	"Range": ["bytes=0-0", "bytes=-1", "bytes=0-,0-,0-", "items=1"],
	"Expect": ["100-continue"],
	"Transfer-Encoding": ["chunked"],
	"X-HTTP-Method-Override": ["DELETE"],
	"X-Forwarded-For": ["127.0.0.1", "a".repeat(1000), "::1, ::1"],
	"Upgrade": ["websocket", "h2c"],
};
