package io.ropewalk.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.ropewalk.engine.GeomState;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What one more geom of four paths costs the topology thread must not grow with how many there are. Counted in bytes that it
 * allocates, since time says more about the machine: whoever copies or lists all there is for each change allocates for it.
 * {@code -Dropewalk.many.geoms=1000} for more of them.
 */
class ManyGeomsTest {
    private static final int GEOMS = Integer.getInteger("ropewalk.many.geoms", 200);
    private static final int PATHS = 4;
    private static final int SAMPLE = 10;
    private static final Duration NEVER = Duration.ofHours(1);

    private final InventoryFixture fixture = new InventoryFixture();
    private final MemoryDisk disk = new MemoryDisk(InventoryFixture.SIZE);

    @AfterEach
    void close() {
        fixture.close();
    }

    private void withoutChecks() {
        InventorySettings quick = InventoryFixture.QUICK;
        fixture.settings = new InventorySettings(
                quick.policies(), Duration.ofMinutes(2), NEVER, NEVER, NEVER, Duration.ofMinutes(2), 10_000);
        fixture.restart();
    }

    @Test
    void oneMoreGeom_costsAsMuchAmongManyAsAmongFew() {
        withoutChecks();
        make(0, SAMPLE);
        long amongFew = allocatedBy(() -> make(SAMPLE, 2 * SAMPLE));
        make(2 * SAMPLE, GEOMS - SAMPLE);

        long amongMany = allocatedBy(() -> make(GEOMS - SAMPLE, GEOMS));

        assertThat(amongMany).isLessThan(2 * amongFew);
    }

    @Test
    void aStart_costsAsMuchForEachOfManyGeomsAsForEachOfFew() {
        withoutChecks();
        make(0, GEOMS / 4);
        fixture.restart();
        long few = allocated();
        assertAllUp(GEOMS / 4);
        make(GEOMS / 4, GEOMS);
        fixture.restart();

        long many = allocated();

        assertAllUp(GEOMS);
        assertThat(many).isLessThan(2 * 4 * few);
    }

    private void make(int from, int to) {
        for (int i = from; i < to; i++) {
            String geom = "geom" + i;
            String[] paths = IntStream.range(0, PATHS)
                    .mapToObj(path -> geom + "-" + path)
                    .toArray(String[]::new);
            fixture.paths(disk, paths).create(geom, paths);
        }
    }

    private void assertAllUp(int count) {
        assertThat(fixture.inventory.geoms())
                .hasSize(count)
                .allMatch(geom ->
                        geom.state() == GeomState.OPTIMAL && geom.paths().size() == PATHS);
    }

    private static long allocatedBy(Runnable work) {
        long before = allocated();
        work.run();
        return allocated() - before;
    }

    /** By the topology thread that there is, since it began. */
    private static long allocated() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("topology"))
                .mapToLong(thread -> Math.max(0, threads.getThreadAllocatedBytes(thread.threadId())))
                .sum();
    }
}
