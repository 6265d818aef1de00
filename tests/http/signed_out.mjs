// Who is signed out is gone at once, who pauses is not, and who is there is not forgotten. Run by test_signed_out.sh.
import assert from "node:assert/strict";
import { BASE_URL, WebSocket, api, endLogins, person, runAll, sql, test, ticket, until } from "./live.mjs";

const status = (who) => sql(`SELECT status FROM presence WHERE user_id = '${who.id}'`);

// Somebody who is there.
async function comes() {
	const who = await person();
	who.socket = new WebSocket(`${BASE_URL.replace("http", "ws")}/api/v1/ws?ticket=${await ticket(who)}`);
	who.socket.on("error", () => {});
	await until(async () => await status(who) === "ONLINE", "it is there");
	return who;
}

test("who is signed out is gone before one who left earlier and may come back", async () => {
	const [pauses, leaves, ended] = [await comes(), await comes(), await comes()];
	pauses.socket.close();
	assert.equal((await api("POST", "/auth/logout", leaves.token)).status, 204);
	await endLogins(ended);
	await until(async () => await status(leaves) === "OFFLINE", "who signed out is gone");
	await until(async () => await status(ended) === "OFFLINE", "whose login was ended is gone");
	assert.equal(await status(pauses), "ONLINE");
});

test("a responder that was taken for dead tells all again", async () => {
	const stays = await comes();
	await sql("DELETE FROM presence_device; DELETE FROM presence_node");
	await comes();
	await until(async () => await sql(`SELECT count(*) FROM presence_device WHERE user_id = '${stays.id}'`) === "1", "it is there again");
});

await runAll("signed_out");
