package io.ropewalk.inventory;

import static io.ropewalk.inventory.InventoryFixture.assertRefused;
import static io.ropewalk.inventory.InventoryFixture.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class TopologyTest {

    @Test
    void verbsOfManyCallersRunOneAfterTheOther() throws Exception {
        try (Topology topology = new Topology(Duration.ofSeconds(10));
                ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            AtomicInteger inside = new AtomicInteger();
            List<Callable<Integer>> calls = IntStream.range(0, 200)
                    .<Callable<Integer>>mapToObj(i -> () -> topology.call(() -> {
                        int now = inside.incrementAndGet();
                        Thread.yield();
                        inside.decrementAndGet();
                        return now;
                    }))
                    .toList();

            for (Future<Integer> result : callers.invokeAll(calls)) {
                assertThat(result.get()).isEqualTo(1);
            }
        }
    }

    @Test
    void aRefusalReachesTheCallerAsItIs() {
        try (Topology topology = new Topology(Duration.ofSeconds(10))) {
            InventoryException refusal = Refusals.geomNotFound("disk");

            assertThatThrownBy(() -> topology.call(() -> {
                        throw refusal;
                    }))
                    .isSameAs(refusal);
        }
    }

    @Test
    void aVerbThatWaitedTooLongForItsTurnNeverBegins() {
        try (Topology topology = new Topology(Duration.ofMillis(100))) {
            CountDownLatch gate = new CountDownLatch(1);
            AtomicBoolean ran = new AtomicBoolean();
            topology.post(() -> await(gate));

            InventoryException e = assertRefused(
                    Problem.BUSY,
                    () -> topology.call(() -> {
                        ran.set(true);
                        return true;
                    }));

            assertThat(e.detail()).contains("Nothing was changed");
            gate.countDown();
            topology.call(() -> true);
            assertThat(ran).isFalse();
        }
    }

    @Test
    void aVerbThatTakesTooLongSaysThatItsOutcomeIsOpen() {
        try (Topology topology = new Topology(Duration.ofMillis(100))) {
            CountDownLatch gate = new CountDownLatch(1);

            InventoryException e = assertRefused(
                    Problem.BUSY,
                    () -> topology.call(() -> {
                        await(gate);
                        return true;
                    }));

            assertThat(e.detail()).contains("not known yet");
            gate.countDown();
        }
    }

    @Test
    void aTaskThatThrowsDoesNotEndTheThread() {
        try (Topology topology = new Topology(Duration.ofSeconds(10))) {
            topology.post(() -> {
                throw new IllegalStateException("a bug, for the test");
            });

            assertThat(topology.call(() -> Thread.currentThread().getName())).isEqualTo("topology");
        }
    }

    @Test
    void anEndedTopologyRefusesAndRunsWhatWasQueued() {
        Topology topology = new Topology(Duration.ofSeconds(10));
        List<Integer> ran = new ArrayList<>();
        topology.post(() -> ran.add(1));
        topology.post(() -> ran.add(2));

        topology.close();

        assertThat(ran).containsExactly(1, 2);
        assertRefused(Problem.STOPPING, () -> topology.call(() -> true));
        assertThat(topology.post(() -> {})).isFalse();
    }

    @Test
    void aStoreThatHangsMakesVerbsBusyAndQuestionsGoOn() {
        try (InventoryFixture fixture = new InventoryFixture()) {
            fixture.settings = new InventorySettings(
                    fixture.settings.policies(),
                    Duration.ofMillis(200),
                    fixture.settings.checkInterval(),
                    fixture.settings.retryFirst(),
                    fixture.settings.retryMost(),
                    fixture.settings.startWait(),
                    100);
            fixture.restart().devices("a", "b");
            CountDownLatch gate = new CountDownLatch(1);
            fixture.memory().gate = gate;
            Inventory inventory = fixture.inventory;

            CompletableFuture<Void> first = CompletableFuture.runAsync(() -> fixture.create("disk", "a"));
            eventually(() -> assertThat(fixture.memory().waiting).isTrue());
            assertRefused(Problem.BUSY, () -> fixture.create("other", "b"));

            assertThat(inventory.geoms()).isEmpty();
            assertThat(inventory.devices()).hasSize(2);
            gate.countDown();
            eventually(() ->
                    assertThat(inventory.geoms()).extracting(GeomView::name).containsExactly("disk"));
            eventually(() -> assertThat(first).isDone());
        }
    }

    @Test
    @DisplayName("Q14: many verbs at once leave one consistent state")
    void manyVerbsAtOnceLeaveOneConsistentState() throws Exception {
        try (InventoryFixture fixture = new InventoryFixture().start();
                ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            fixture.devices("a", "b", "c", "d");
            fixture.create("disk", "a", "b");
            Inventory inventory = fixture.inventory;
            List<Callable<Boolean>> calls = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                calls.add(() -> attempt(() -> inventory.addPath("disk", "c", Terms.NONE)));
                calls.add(() -> attempt(() -> inventory.removePath("disk", "c", LastPath.REFUSE, Terms.NONE)));
                calls.add(() -> attempt(() -> inventory.failPath("disk", "a", null, Terms.NONE)));
                calls.add(() -> attempt(() -> inventory.restorePath("disk", "a", null, Terms.NONE)));
                calls.add(() -> attempt(() -> fixture.create("other", "d")));
                calls.add(() -> attempt(() -> inventory.destroyGeom("other", true, Terms.NONE)));
            }

            callers.invokeAll(calls);

            GeomView geom = inventory.geom("disk");
            DesiredGeom stored = fixture.memory().state.geoms().get("disk");
            assertThat(geom.paths()).extracting(PathView::device).containsExactlyElementsOf(stored.devices());
            assertThat(geom.generation()).isEqualTo(stored.generation());
            assertThat(inventory.geoms())
                    .extracting(GeomView::name)
                    .containsExactlyElementsOf(fixture.memory().state.geoms().keySet());
        }
    }

    /** Whether it was done; a refusal is a proper answer, too. */
    private static boolean attempt(Runnable verb) {
        try {
            verb.run();
            return true;
        } catch (InventoryException e) {
            return false;
        }
    }

    private static void await(CountDownLatch gate) {
        try {
            gate.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
