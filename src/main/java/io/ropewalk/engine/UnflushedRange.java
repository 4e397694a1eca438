package io.ropewalk.engine;

/** A range that was changed and not flushed. In bytes. */
public record UnflushedRange(long offset, long length) {}
