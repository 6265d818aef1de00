-- For wrk: one line of figures, "figures REQUESTS SECONDS P50_US P99_US ERRORS".
function done(summary, latency)
	local e = summary.errors
	io.write(string.format("figures %d %.3f %d %d %d\n", summary.requests, summary.duration / 1e6,
		latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
