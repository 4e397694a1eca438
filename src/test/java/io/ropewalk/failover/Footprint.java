package io.ropewalk.failover;

import io.ropewalk.testing.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a Java process takes of the machine.
 *
 * @param heapBytes what is alive on the heap, after a full collection
 * @param residentBytes memory of the process that is in RAM
 * @param threads of the operating system
 * @param descriptors open files and sockets
 */
record Footprint(long heapBytes, long residentBytes, int threads, int descriptors) {
    private static final Pattern TOTAL = Pattern.compile("Total +\\d+ +(\\d+)");

    /** What the collector left lying between objects to save itself the moving. */
    private static final Pattern FILLER = Pattern.compile("\\d+ +(\\d+) +\\S*jdk\\.internal\\.vm\\.Filler\\S+");
    private static final Pattern RESIDENT = Pattern.compile("VmRSS:\\s+(\\d+) kB");

    /** That of the process {@code pid}, which is made to collect its garbage first. */
    static Footprint of(long pid) throws IOException, InterruptedException {
        String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        String histogram = Command.output(jcmd, Long.toString(pid), "GC.class_histogram");
        Path process = Path.of("/proc", Long.toString(pid));
        return new Footprint(
                number(TOTAL, histogram) - sum(FILLER, histogram),
                number(RESIDENT, Files.readString(process.resolve("status"))) << 10,
                count(process.resolve("task")),
                count(process.resolve("fd")));
    }

    private static long number(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        if (!matcher.find()) {
            throw new AssertionError("no " + pattern + " in " + text);
        }
        return Long.parseLong(matcher.group(1));
    }

    private static long sum(Pattern pattern, String text) {
        return pattern.matcher(text)
                .results()
                .mapToLong(match -> Long.parseLong(match.group(1)))
                .sum();
    }

    private static int count(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return (int) files.count();
        }
    }
}
