package io.ropewalk.cli;

import picocli.CommandLine.Option;

/** The mode of a new geom. Both given, -R wins. */
final class ModeOptions {
    @Option(names = "-A", description = "Active/Active: every request to the least busy path.")
    private boolean activeActive;

    @Option(names = "-R", description = "Active/Read: reads to any path, the rest to the active one.")
    private boolean activeRead;

    String mode() {
        if (activeRead) {
            return "ACTIVE_READ";
        }
        return activeActive ? "ACTIVE_ACTIVE" : "ACTIVE_PASSIVE";
    }
}
