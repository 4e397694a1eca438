package io.ropewalk.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EventLogTest {
    private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");

    private final EventLog log = new EventLog(() -> NOW, 4);

    private void append(int count) {
        for (int i = 0; i < count; i++) {
            log.append("test.happened", "disk", "a", Map.of("number", Integer.toString(i)));
        }
    }

    private static List<String> numbers(EventPage page) {
        return page.items().stream().map(event -> event.detail().get("number")).toList();
    }

    @Test
    void eventsComeInOrderWithIncreasingSeqAndTime() {
        append(3);

        EventPage page = log.after(0, 10);

        assertThat(numbers(page)).containsExactly("0", "1", "2");
        assertThat(page.items()).allMatch(event -> event.time().equals(NOW));
        assertThat(page.compacted()).isFalse();
        assertThat(page.lastSeq()).isEqualTo(page.items().getLast().seq());
        assertThat(page.items().get(1).seq()).isEqualTo(page.items().getFirst().seq() + 1);
    }

    @Test
    void aReaderGoesOnWhereItStopped() {
        append(4);
        long second = log.after(0, 2).items().getLast().seq();

        assertThat(numbers(log.after(second, 1))).containsExactly("2");
        assertThat(numbers(log.after(second, 10))).containsExactly("2", "3");
        assertThat(log.after(log.lastSeq(), 10).items()).isEmpty();
        assertThat(log.after(log.lastSeq(), 10).compacted()).isFalse();
    }

    @Test
    void aReaderWhoseNextEventIsGoneIsToldSo() {
        append(1);
        long first = log.lastSeq();
        append(4);
        assertThat(log.after(first, 10).compacted()).isFalse();
        append(1);

        EventPage page = log.after(first, 10);

        assertThat(page.compacted()).isTrue();
        assertThat(numbers(page)).containsExactly("1", "2", "3", "0");
        assertThat(log.after(0, 10).compacted()).isTrue();
    }

    @Test
    void aReaderFromTheFutureIsToldSo() {
        append(1);

        assertThat(log.after(log.lastSeq() + 5, 10).compacted()).isTrue();
        assertThat(log.after(Long.MAX_VALUE, 10).items()).isEmpty();
    }

    @Test
    void aReaderFromAnEarlierLifeIsToldSo() {
        append(2);

        EventPage page = log.after(log.lastSeq() - 1000, 10);

        assertThat(page.compacted()).isTrue();
        assertThat(page.items()).hasSize(2);
    }

    @Test
    void aReaderMayWaitForTheNextEvent() throws Exception {
        append(1);
        long last = log.lastSeq();
        try (ExecutorService readers = Executors.newVirtualThreadPerTaskExecutor()) {
            var page = readers.submit(() -> log.awaitAfter(last, 10, Duration.ofSeconds(20)));
            append(1);
            assertThat(page.get().items()).isNotEmpty();
        }
        assertThat(log.awaitAfter(log.lastSeq(), 10, Duration.ofMillis(1)).items())
                .isEmpty();
    }

    @Test
    void nobodyWaitsAfterTheEnd() throws Exception {
        log.end();

        assertThat(log.awaitAfter(log.lastSeq(), 10, Duration.ofDays(1)).items())
                .isEmpty();
    }

    @Test
    void appendersOnManyThreadsLoseNothing() {
        EventLog wide = new EventLog(() -> NOW, 10_000);
        CompletableFuture<?>[] appenders = IntStream.range(0, 8)
                .mapToObj(i -> CompletableFuture.runAsync(() -> {
                    for (int j = 0; j < 500; j++) {
                        wide.append("test.happened", null, null, Map.of());
                    }
                }))
                .toArray(CompletableFuture[]::new);
        CompletableFuture.allOf(appenders).join();

        List<Long> seqs =
                wide.after(0, 10_000).items().stream().map(EventView::seq).toList();
        assertThat(seqs).hasSize(4000).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void anEventOfAVerbSaysWhoAndWhy() {
        new VerbContext("ann", "cable swap", null, null).call(() -> {
            append(1);
            return true;
        });

        assertThat(log.after(0, 1).items().getFirst().detail())
                .containsExactlyInAnyOrderEntriesOf(Map.of("number", "0", "actor", "ann", "why", "cable swap"));
    }
}
