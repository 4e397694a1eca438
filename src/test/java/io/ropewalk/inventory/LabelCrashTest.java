package io.ropewalk.inventory;

import static io.ropewalk.inventory.InventoryFixture.SIZE;
import static io.ropewalk.inventory.InventoryFixture.eventually;
import static io.ropewalk.inventory.InventoryFixture.uri;
import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.engine.GeomState;
import io.ropewalk.engine.Mode;
import io.ropewalk.label.LabelCodec;
import io.ropewalk.label.LabelReading.Decoded;
import io.ropewalk.label.LabelReading.NoLabel;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * The process ends at any moment of a verb on labels. What outlives it is the disk and the store, and these change step
 * by step: every state they went through is one that a start may find.
 */
class LabelCrashTest {
    private static final int TWICE = (int) (2 * SIZE);

    /** What a process that ended left. */
    private record Left(byte[] disk, DesiredState store) {}

    /** Runs {@code before}, then {@code verb} noting every state that disk and store are in, the first included. */
    private static List<Left> statesOf(Consumer<InventoryFixture> before, Consumer<InventoryFixture> verb) {
        List<Left> states = new CopyOnWriteArrayList<>();
        MemoryDisk disk = new MemoryDisk(SIZE);
        try (InventoryFixture fixture = new InventoryFixture().start()) {
            fixture.paths(disk, "a", "b");
            before.accept(fixture);
            Runnable note = () -> states.add(new Left(disk.copy(), fixture.memory().state));
            note.run();
            disk.onWritten(note);
            fixture.memory().saved = note;
            verb.accept(fixture);
            fixture.memory().saved = () -> {};
            disk.onWritten(() -> {});
        }
        return states;
    }

    /** Starts anew from every one of the states. */
    private static void startFrom(List<Left> states, Consumer<InventoryFixture> check) {
        assertThat(states).as("states on the way").hasSizeGreaterThan(2);
        for (Left left : states) {
            MemoryStore store = new MemoryStore();
            store.state = left.store();
            try (InventoryFixture fixture = new InventoryFixture(store)) {
                MemoryDisk disk = new MemoryDisk(left.disk().clone());
                fixture.factory.with(uri("a"), disk, 512).with(uri("b"), disk, 512);
                fixture.start();
                check.accept(fixture);
            }
        }
    }

    private static byte[] sectorAt(InventoryFixture fixture, long offset) {
        return fixture.factory.disk(uri("a")).read(offset, 512);
    }

    private static boolean isLabelled(InventoryFixture fixture) {
        return LabelCodec.decode(sectorAt(fixture, SIZE - 512)) instanceof Decoded;
    }

    @Test
    void labelling_leavesADiskThatHasAGeomOrNone() {
        List<Left> states = statesOf(fixture -> {}, fixture -> fixture.label("disk1", "a", "b"));

        startFrom(states, fixture -> {
            if (isLabelled(fixture)) {
                assertThat(fixture.inventory.geom("disk1").state()).isEqualTo(GeomState.OPTIMAL);
                assertThat(fixture.inventory.label("a").uuid())
                        .isEqualTo(fixture.inventory.geom("disk1").uuid());
            } else {
                assertThat(fixture.inventory.geoms()).isEmpty();
                assertThat(fixture.label("disk1", "a", "b").state()).isEqualTo(GeomState.OPTIMAL);
            }
        });
    }

    @Test
    void configuring_leavesLabelAndGeomOfOneMode() {
        List<Left> states = statesOf(
                fixture -> fixture.label("disk1", "a", "b"),
                fixture -> fixture.inventory.configureGeom(
                        "disk1", now -> new GeomSettings(Mode.ACTIVE_ACTIVE, now.policies()), Terms.NONE));

        startFrom(states, fixture -> {
            GeomView geom = fixture.inventory.geom("disk1");
            assertThat(geom.state()).isEqualTo(GeomState.OPTIMAL);
            assertThat(fixture.inventory.label("a").mode()).isEqualTo(geom.mode());
        });
    }

    @Test
    void destroying_leavesAGeomThatRunsWithItsLabelOrOneThatIsStopped() {
        List<Left> states = statesOf(
                fixture -> fixture.label("disk1", "a", "b"),
                fixture -> fixture.inventory.destroyGeom("disk1", false, Terms.NONE));

        startFrom(states, fixture -> {
            if (!fixture.inventory.geoms().isEmpty()) {
                assertThat(isLabelled(fixture)).isTrue();
                assertThat(fixture.inventory.geom("disk1").state()).isEqualTo(GeomState.OPTIMAL);
            }
            if (fixture.memory().state.geoms().containsKey("disk1")) {
                fixture.inventory.destroyGeom("disk1", false, Terms.NONE);
            }
            assertThat(isLabelled(fixture)).isFalse();
            assertThat(fixture.memory().state.geoms()).isEmpty();
            assertThat(fixture.label("disk1", "a", "b").state()).isEqualTo(GeomState.OPTIMAL);
        });
    }

    @Test
    void growing_isCompletedAtTheStart() {
        List<Left> states = statesOf(fixture -> fixture.label("disk1", "a", "b"), fixture -> {
            fixture.factory.device("a").resize(TWICE);
            fixture.factory.device("b").resize(TWICE);
            eventually(() ->
                    assertThat(fixture.inventory.geom("disk1").sizeBytes()).isEqualTo(TWICE - 512));
        });

        startFrom(states.stream().filter(left -> left.disk().length == TWICE).toList(), fixture -> {
            eventually(() ->
                    assertThat(fixture.inventory.geom("disk1").sizeBytes()).isEqualTo(TWICE - 512));
            eventually(() -> assertThat(fixture.inventory.geom("disk1").state()).isEqualTo(GeomState.OPTIMAL));
            assertThat(LabelCodec.decode(sectorAt(fixture, TWICE - 512))).isInstanceOf(Decoded.class);
            assertThat(LabelCodec.decode(sectorAt(fixture, SIZE - 512))).isEqualTo(new NoLabel());
        });
    }
}
