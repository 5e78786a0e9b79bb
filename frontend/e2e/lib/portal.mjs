// The two ways the portal runs, started for real: one process on the embedded default, and separate processes on
// PostgreSQL and Redis.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
