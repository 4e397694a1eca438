package io.ropewalk.cli;

import java.util.List;

/** The verb failed. The lines are for people, each a sentence; they go to standard error. */
class CliException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final List<String> lines;

    CliException(String... lines) {
        super(String.join(" ", lines));
        this.lines = List.of(lines);
    }

    CliException(List<String> lines, Throwable cause) {
        super(String.join(" ", lines), cause);
        this.lines = List.copyOf(lines);
    }

    List<String> lines() {
        return lines;
    }
}
