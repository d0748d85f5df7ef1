"""ideal.py DELAYS CONCURRENCY TOKEN_MS: the wall time, in seconds, of a client that costs nothing: it
waits for the token, then keeps CONCURRENCY requests in flight in the order of the list, each of which
takes exactly its delay."""
import heapq
import sys

with open(sys.argv[1], encoding="utf-8") as f:
    delays = [int(line.split()[1]) for line in f]
free_at = [int(sys.argv[3])] * int(sys.argv[2])
end = 0
for delay in delays:
    finish = heapq.heappop(free_at) + delay
    end = max(end, finish)
    heapq.heappush(free_at, finish)
print(f"{end / 1000:.3f}")
