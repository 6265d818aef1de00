// Sending one request just as it was made: a client library would mend it.
import http from "node:http";

const agent = new http.Agent({ keepAlive: true, maxSockets: 16 });
const HANG_MS = 8000;
const OPEN_MS = 400; /* a stream or a parked poll is left after that long */

/**
 * The reply as {status, headers, text, ms}; status 0 with error when there was none. request:
 * {method, target, headers, body, chunked, held}. held: it may stay open, which is no fault.
 */
export function send(base, request) {
	const { hostname, port } = new URL(base);
	const began = performance.now();
	return new Promise((resolve) => {
		const end = (reply) => {
			clearTimeout(timer);
			resolve({ ...reply, ms: performance.now() - began });
		};
		const headers = { ...request.headers };
		if (request.body && !request.chunked)
			headers["Content-Length"] = request.body.length;
		let call;
		let open; /* the head of a reply that goes on */
		const timer = setTimeout(() => {
			end(request.held && open ? { status: open.statusCode, headers: open.headers, text: "", held: true } :
				{ status: 0, error: request.held ? "held" : "hang" });
			call?.destroy();
		}, request.held ? OPEN_MS : HANG_MS);
		try {
			call = http.request({ host: hostname, port, method: request.method, path: request.target, agent, headers,
				setHost: true });
		} catch (error) { /* what node itself will not send, as a line end in a header */
			end({ status: 0, error: "unsent", why: error.message });
			return;
		}
		call.on("response", (reply) => {
			const parts = [];
			open = reply;
			reply.on("data", (part) => parts.push(part));
			reply.on("end", () => end({ status: reply.statusCode, headers: reply.headers,
				text: Buffer.concat(parts).toString() }));
			reply.on("error", () => end({ status: 0, error: "cut" }));
		});
		call.on("error", (error) => end({ status: 0, error: error.code ?? "cut", why: error.message }));
		if (request.body && request.chunked)
			for (let at = 0; at < request.body.length; at += 977)
				call.write(request.body.subarray(at, at + 977));
		call.end(request.chunked ? undefined : request.body);
	});
}

/** For a person to send it again. */
export function shown(request) {
	const lines = Object.entries(request.headers).filter(([name]) => name !== "Authorization")
		.map(([name, value]) => `    ${name}: ${JSON.stringify(value).slice(0, 200)}`);
	const body = request.body ? `\n    body (base64): ${request.body.subarray(0, 3000).toString("base64")}\n    body: ${
		JSON.stringify(request.body.subarray(0, 300).toString("latin1"))}` : "";
	return `  as ${request.role}: ${request.method} ${request.target.slice(0, 500)}${
		request.chunked ? " (chunked)" : ""}\n${lines.join("\n")}${body}`;
}
