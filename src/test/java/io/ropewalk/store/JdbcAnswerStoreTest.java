package io.ropewalk.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.inventory.KeptAnswer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JdbcAnswerStoreTest {
    private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");
    private static final KeptAnswer.Answer ANSWER = new KeptAnswer.Answer(
            201, "application/json", "/api/v1/devices/a", "\"1\"", "{\"name\":\"ä\"}".repeat(5000));
    private static final KeptAnswer.Answer EMPTY = new KeptAnswer.Answer(204, null, null, null, "");

    @TempDir
    Path folder;

    private TestDatabase database;
    private JdbcAnswerStore store;

    @BeforeEach
    void open() {
        database = TestDatabase.in(folder);
        store = new JdbcAnswerStore(database.pool());
    }

    @AfterEach
    void close() {
        database.close();
    }

    @Test
    void aKeyIsClaimedOnceAndKeepsItsAnswer() throws Exception {
        assertThat(store.claim("k", "print", NOW)).isEmpty();
        assertThat(store.claim("k", "other", NOW)).contains(new KeptAnswer("print", null));

        store.keep("k", ANSWER);
        store.claim("l", "print", NOW);
        store.keep("l", EMPTY);

        assertThat(store.claim("k", "print", NOW)).contains(new KeptAnswer("print", ANSWER));
        assertThat(store.claim("l", "print", NOW)).contains(new KeptAnswer("print", EMPTY));
    }

    @Test
    void aReleasedKeyIsFree() throws Exception {
        store.claim("k", "print", NOW);

        store.release("k");

        assertThat(store.claim("k", "print", NOW)).isEmpty();
    }

    @Test
    void whatIsOldIsSwept() throws Exception {
        store.claim("old", "print", NOW);
        store.claim("new", "print", NOW.plusSeconds(1));

        assertThat(store.sweep(NOW.plusSeconds(1))).isEqualTo(1);

        assertThat(store.claim("old", "print", NOW)).isEmpty();
        assertThat(store.claim("new", "print", NOW)).isPresent();
    }

    @Test
    void ofManyAtOnceOneIsFirst() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<Boolean>> claims = IntStream.range(0, 20)
                    .<Callable<Boolean>>mapToObj(
                            i -> () -> store.claim("k", "print", NOW).isEmpty())
                    .toList();

            long firsts = 0;
            for (Future<Boolean> claim : threads.invokeAll(claims)) {
                firsts += claim.get() ? 1 : 0;
            }

            assertThat(firsts).isEqualTo(1);
        }
    }
}
