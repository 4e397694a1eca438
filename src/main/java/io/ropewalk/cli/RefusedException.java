package io.ropewalk.cli;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** The service said no, and why (RFC 9457). */
final class RefusedException extends CliException {
    private static final long serialVersionUID = 1;

    private final int status;
    private final String code;
    private final String resource;
    private final String detail;

    /**
     * @param problem the body; anything that is not an object with a {@code detail} is taken for somebody else's
     * @param what was asked, as {@code GET /api/v1/geoms}
     */
    RefusedException(int status, JsonNode problem, String what) {
        super(lines(status, problem, what).toArray(String[]::new));
        this.status = status;
        this.code = problem.path("code").asString("");
        this.resource = problem.path("resource").asString("");
        this.detail = lines().getFirst();
    }

    int status() {
        return status;
    }

    /** The word to branch on; empty when there was none. */
    String code() {
        return code;
    }

    /** Whether it was a device that would not do, and not the request or the service. */
    boolean isAboutDevice() {
        return resource.startsWith("device ");
    }

    /** The last word of what the problem is about: of {@code device sda-a} the {@code sda-a}. Empty when unknown. */
    String resourceName() {
        return resource.substring(Math.max(resource.lastIndexOf(' '), resource.lastIndexOf('/')) + 1);
    }

    /** The first line: what happened. */
    String detail() {
        return detail;
    }

    private static List<String> lines(int status, JsonNode problem, String what) {
        List<String> lines = new ArrayList<>();
        String unexplained = "The service answered " + what + " with status " + status + ".";
        lines.add(firstNonBlank(
                problem.path("detail").asString(""), problem.path("title").asString(""), unexplained));
        for (JsonNode violation : problem.path("violations")) {
            lines.add((violation.path("field").asString("") + " "
                            + violation.path("message").asString(""))
                    .strip());
        }
        String correction = problem.path("correction").asString("");
        if (!correction.isBlank()) {
            lines.add(correction);
        }
        return lines;
    }

    private static String firstNonBlank(String... candidates) {
        for (String candidate : candidates) {
            if (!candidate.isBlank()) {
                return candidate;
            }
        }
        return "";
    }
}
