-- One message, as message_send of lib/domain/talk/message.c sends it: the conversations of tests/bench/load.c
-- take turns, and in each its two people. For pgbench -D n=0 -D talks=N -D clients=N -D tag=HEX -D run=TEXT.
\set n :n + 1
\set turn :n * :clients + :client_id
\set talk :turn % :talks
\set who 1 + :turn / :talks % 2
SELECT created, message::text FROM message_send(
	(:tag || '-0000-7000-8000-' || lpad(:talk::text, 12, '0'))::uuid,
	(:tag || '-000' || :who || '-7000-8000-' || lpad(:talk::text, 12, '0'))::uuid,
	(lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7' ||
		substr(md5(:run || '-' || :turn), 1, 19))::uuid,
	:run || '-' || :turn, 'text',
	'I will be at the station at ten past six, shall we walk along the river from there?', NULL, NULL);
