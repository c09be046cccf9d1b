//! Files, memory maps, clock, randomness and threads behind one seam.
