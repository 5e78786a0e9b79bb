//! Counting requests together with other processes, in Redis. The generic cell rate algorithm needs one number for each
//! key, the time when the last allowed request is paid off, and Redis forgets it by itself.

use crate::redis::{Redis, Unreachable};

/// What is counted: a key, and how many a minute it may have; that many also at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Holds no name, address or id of anybody as it is.
    pub key: String,
    pub a_minute: u32,
}

/// What a count has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    pub allowed: bool,
    /// How many more would be allowed at once.
    pub remaining: u32,
    /// Until one more is allowed, milliseconds.
    pub wait_ms: u64,
}

/// `KEYS` and `ARGV` (a minute) in pairs. The clock is Redis's own, microseconds. Ends with the first that is refused, so
/// that a refused request does not use up what was not asked yet. Numbers are written out whole: Lua would shorten them.
const SCRIPT: &str = r"
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local found = {}
for i, key in ipairs(KEYS) do
  local every = 60000000 / ARGV[i]
  local paid = math.max(tonumber(redis.call('GET', key) or now), now)
  local after = paid + every
  if after - now > 60000000 then
    found[i] = {0, 0, math.ceil((after - now - 60000000) / 1000)}
    return found
  end
  redis.call('SET', key, string.format('%.0f', after), 'PX', math.ceil((after - now) / 1000))
  found[i] = {1, math.floor((60000000 - (after - now)) / every + 0.000001), math.ceil(every / 1000)}
end
return found";

impl Redis {
    /// Counts one request for each share, in their order, up to the first that is refused: that one is the last of the
    /// result. One round trip.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn count(&self, shares: &[Share]) -> Result<Vec<Counted>, Unreachable> {
        let keys: Vec<String> = shares.iter().map(|share| format!("rate:{}", share.key)).collect();
        let values: Vec<u32> = shares.iter().map(|share| share.a_minute.max(1)).collect();
        let rows: Vec<(u8, u32, u64)> = self.eval(SCRIPT, &keys, &values).await?;
        let counted = |(allowed, remaining, wait_ms)| Counted { allowed: allowed == 1, remaining, wait_ms };
        Ok(rows.into_iter().map(counted).collect())
    }
}
