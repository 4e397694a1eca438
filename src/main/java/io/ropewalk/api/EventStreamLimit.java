package io.ropewalk.api;

/**
 * How many event streams one client may have open at once.
 *
 * @param perClient of one caller; or of one address, where nobody is asked who it is
 */
public record EventStreamLimit(int perClient) {}
