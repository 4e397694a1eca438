package io.ropewalk.engine;

import java.time.Instant;

/** What time it is, from outside, so that a simulator can say. Any thread. */
@FunctionalInterface
public interface EngineClock {
    /** The wall clock, for reports. */
    Instant now();
}
