#!/usr/bin/env bash
# Letters by real requests to stand-ins of the services, which those services' own clients drive too; see outbox.mjs.
set -euo pipefail
# shellcheck source=tests/harness/private.sh
. tests/harness/private.sh
# shellcheck source=tests/harness/common.sh
. tests/harness/common.sh

API_PORT=$(free_port)
SMTP_PORT=$API_PORT
while [ "$SMTP_PORT" = "$API_PORT" ]; do
	SMTP_PORT=$(free_port)
done
export API_PORT SMTP_PORT
private_start outbox SITE_NAME="परामर्श \"Confab\" <साइट> $(printf 'अ%.0s' {1..170})" \
	SMS_PROVIDER=twilio TWILIO_URL="http://127.0.0.1:$API_PORT" TWILIO_ACCOUNT=AC0123456789abcdef0123456789abcdef \
	TWILIO_TOKEN=0123456789abcdef0123456789abcdef TWILIO_FROM=+15005550006 \
	MAIL_PROVIDER=smtp MAIL_FROM=no-reply@confab.test SMTP_URL="smtp://127.0.0.1:$SMTP_PORT" \
	POSTMARK_URL="http://127.0.0.1:$API_PORT" POSTMARK_TOKEN=postmark-token \
	RESEND_URL="http://127.0.0.1:$API_PORT" RESEND_KEY=re_key
node tests/http/outbox.mjs
