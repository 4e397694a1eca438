package io.ropewalk.engine;

/** What can befall a simulated path. All but the first last for a while, then the path is well again. */
enum SimFault {
    /** The connections of all lanes break. */
    DROPPED,
    /** As DROPPED, and new ones are refused. */
    REFUSING,
    /** Connections break again and again. */
    FLAPPING,
    /** Requests disappear, or are done without an answer; new connections are not answered. */
    SILENT,
    /** Nothing is done and nothing is answered; afterwards it goes on where it was, as a stopped process. */
    FROZEN,
    /** Answers come so late that many attempts miss their deadline. */
    SLOW,
    /** Some requests, or all, are answered with the device's own error; changes may have been done in part. */
    ERRORS,
    /** Changes and flushes are refused for want of space. */
    FULL,
    /** It leads to another disk, and the device says so. */
    WRONG_DISK,
    /** It leads to another disk of the same size, and nothing but the bytes tells. */
    MIXED_UP
}
