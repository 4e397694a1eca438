package io.ropewalk.api;

/** What has a generation, and so an ETag. */
interface Versioned {
    long generation();
}
