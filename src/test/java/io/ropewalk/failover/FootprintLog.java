package io.ropewalk.failover;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;

/** Footprints in the order they were taken, as a table that grows in a file, and whether they are flat. */
final class FootprintLog {
    /** Beside a tenth: what a page cache of the allocator, a thread of the compiler or a path on its way back may take. */
    private static final long HEAP_SLACK = 4 << 20;

    private static final long RESIDENT_SLACK = 24 << 20;
    private static final int THREAD_SLACK = 3;
    private static final int DESCRIPTOR_SLACK = 6;
    private static final int LEAST = 9;

    private final Path file;
    private final List<Footprint> footprints = new ArrayList<>();

    /** A table in {@code target/name}, with more columns of the caller's. */
    FootprintLog(String name, String first, String... more) throws IOException {
        file = Files.createDirectories(Path.of("target")).resolve(name);
        Files.writeString(
                file,
                "| " + first + " | heap after GC, MiB | RSS MiB | threads | descriptors |" + cells(more) + "\n|"
                        + "--:|".repeat(5 + more.length) + "\n");
    }

    private static String cells(Object... values) {
        StringBuilder text = new StringBuilder();
        Arrays.stream(values).forEach(value -> text.append(' ').append(value).append(" |"));
        return text.toString();
    }

    void add(Object first, Footprint footprint, Object... more) throws IOException {
        footprints.add(footprint);
        String line = String.format(
                Locale.ROOT,
                "| %s | %.1f | %d | %d | %d |%s%n",
                first,
                footprint.heapBytes() / 1048576.0,
                footprint.residentBytes() >> 20,
                footprint.threads(),
                footprint.descriptors(),
                cells(more));
        System.out.print(line);
        Files.writeString(file, line, StandardOpenOption.APPEND);
    }

    /**
     * The last third is as the second: no more heap and memory in the median, no more threads and descriptors at most. The
     * first third is for warming up.
     */
    void assertFlat() {
        assertThat(footprints).as("enough to judge by").hasSizeGreaterThanOrEqualTo(LEAST);
        assertThat(median(third(2), Footprint::heapBytes))
                .as("heap, bytes")
                .isLessThanOrEqualTo(tenthMore(median(third(1), Footprint::heapBytes)) + HEAP_SLACK);
        assertThat(median(third(2), Footprint::residentBytes))
                .as("resident, bytes")
                .isLessThanOrEqualTo(tenthMore(median(third(1), Footprint::residentBytes)) + RESIDENT_SLACK);
        assertThat(most(third(2), Footprint::threads))
                .as("threads")
                .isLessThanOrEqualTo(most(third(1), Footprint::threads) + THREAD_SLACK);
        assertThat(most(third(2), Footprint::descriptors))
                .as("descriptors")
                .isLessThanOrEqualTo(most(third(1), Footprint::descriptors) + DESCRIPTOR_SLACK);
    }

    private List<Footprint> third(int which) {
        int size = footprints.size();
        return footprints.subList(size * which / 3, size * (which + 1) / 3);
    }

    private static long tenthMore(long value) {
        return value + value / 10;
    }

    private static long median(List<Footprint> some, ToLongFunction<Footprint> figure) {
        return some.stream()
                .mapToLong(figure)
                .sorted()
                .skip(some.size() / 2)
                .findFirst()
                .orElseThrow();
    }

    private static long most(List<Footprint> some, ToLongFunction<Footprint> figure) {
        return some.stream().mapToLong(figure).max().orElseThrow();
    }
}
