package io.ropewalk.inventory;

import static io.ropewalk.inventory.InventoryFixture.SIZE;
import static io.ropewalk.inventory.InventoryFixture.assertRefused;
import static io.ropewalk.inventory.InventoryFixture.eventually;
import static io.ropewalk.inventory.InventoryFixture.uri;
import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.Capability;
import io.ropewalk.block.DeviceException.Reason;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceVerbsTest {
    private final InventoryFixture fixture = new InventoryFixture().start();
    private final Inventory inventory = fixture.inventory;

    @AfterEach
    void close() {
        fixture.close();
    }

    private DeviceView register(@org.jspecify.annotations.Nullable String name, String uri) {
        return inventory.registerDevice(new DeviceSpec(name, uri), Terms.NONE);
    }

    @Test
    void aRegisteredDeviceIsOpenAndListed() {
        fixture.factory.with(uri("a"), SIZE, 4096);

        DeviceView view = register("a", uri("a"));

        assertThat(view.state()).isEqualTo(DeviceState.OPEN);
        assertThat(view.sizeBytes()).isEqualTo(SIZE);
        assertThat(view.sectorSize()).isEqualTo(4096);
        assertThat(view.capabilities()).containsExactly(Capability.WRITE, Capability.FLUSH, Capability.FUA);
        assertThat(view.geom()).isNull();
        assertThat(inventory.devices()).containsExactly(view);
        assertThat(inventory.device("a")).isEqualTo(view);
        assertThat(fixture.eventTypes()).containsExactly("device.registered");
    }

    @Test
    void aDeviceWithoutNameIsNamedAfterItsUri() {
        fixture.factory.with(uri("lun0"), SIZE, 512);

        assertThat(register(null, uri("lun0")).name()).isEqualTo("host-lun0");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "-a",
                ".a",
                "a b",
                "a/b",
                "a:b",
                "ä",
                "a\nb",
                "x23456789012345678901234567890123456789012345678901234567890123x"
            })
    void anOddNameIsRefused(String name) {
        assertRefused(Problem.INVALID_NAME, () -> register(name, uri("a")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "no uri at all", "disk.img", "mem:///nowhere", "ftp://host/a", "mem://ho st/a"})
    void aUriThatNobodyUnderstandsIsRefused(String uri) {
        assertRefused(Problem.INVALID_URI, () -> register("a", uri));
        assertThat(inventory.devices()).isEmpty();
    }

    @Test
    void anUnknownSchemeIsRefusedWithTheKnownOnes() {
        InventoryException e = assertRefused(Problem.INVALID_URI, () -> register("a", "ftp://host/a"));
        assertThat(e.detail()).contains("\"ftp\"").contains("mem");
    }

    @ParameterizedTest
    @CsvSource({
        "UNREACHABLE, DEVICE_UNREACHABLE",
        "UNSUITABLE, UNSUITABLE_DEVICE",
        "IN_USE, DEVICE_IN_USE",
        "NOT_ALLOWED, NOT_ALLOWED",
        "INVALID_URI, INVALID_URI"
    })
    void aDeviceThatDoesNotOpenIsRefusedAndForgotten(Reason reason, Problem problem) {
        fixture.factory.refusing(uri("a"), reason);

        assertRefused(problem, () -> register("a", uri("a")));

        assertThat(inventory.devices()).isEmpty();
        assertThat(fixture.memory().state).isEqualTo(DesiredState.EMPTY);
        fixture.factory.with(uri("a"), SIZE, 512);
        assertThat(register("a", uri("a")).state()).isEqualTo(DeviceState.OPEN);
    }

    @Test
    void aDeviceOfNoBytesIsRefusedAndClosed() {
        fixture.factory.with(uri("a"), 0, 512);

        assertRefused(Problem.UNSUITABLE_DEVICE, () -> register("a", uri("a")));

        assertThat(fixture.factory.device("a").closed).isTrue();
    }

    @Test
    void theSameUriTwiceIsRefusedHoweverItIsWritten() {
        fixture.devices("a");

        InventoryException e = assertRefused(Problem.DEVICE_EXISTS, () -> register("b", "MEM://HOST/a"));

        assertThat(e.detail()).contains("\"a\"").contains(uri("a"));
    }

    @Test
    void theSameNameTwiceIsRefused() {
        fixture.devices("a");
        fixture.factory.with(uri("b"), SIZE, 512);

        assertRefused(Problem.DEVICE_EXISTS, () -> register("a", uri("b")));
    }

    @Test
    void ofTwoRegistrationsOfOneUriAtOnceOneOpensIt() throws Exception {
        fixture.factory.with(uri("a"), SIZE, 512);
        CountDownLatch gate = new CountDownLatch(1);
        fixture.factory.gate = gate;
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            Callable<DeviceView> verb = () -> register(null, uri("a"));
            List<Future<DeviceView>> calls = List.of(callers.submit(verb), callers.submit(verb));
            eventually(() -> assertThat(calls).anyMatch(call -> call.state() == Future.State.FAILED));
            gate.countDown();
            eventually(() -> assertThat(calls).anyMatch(call -> call.state() == Future.State.SUCCESS));
        }
        assertThat(fixture.factory.opened).hasSize(1);
        assertThat(inventory.devices()).hasSize(1);
    }

    @Test
    void whileOneDeviceTakesItsTimeToOpenOtherVerbsGoOn() throws Exception {
        fixture.devices("a", "b");
        fixture.factory.with(uri("slow"), SIZE, 512);
        CountDownLatch gate = new CountDownLatch(1);
        fixture.factory.gate = gate;
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<DeviceView> slow = callers.submit(() -> register("slow", uri("slow")));
            eventually(() -> assertThat(fixture.factory.tries).hasValue(3));

            fixture.create("disk", "a", "b");

            assertThat(slow.isDone()).isFalse();
            gate.countDown();
            assertThat(slow.get().state()).isEqualTo(DeviceState.OPEN);
        }
    }

    @Test
    void aRemovedDeviceIsClosedAndForgotten() {
        fixture.devices("a");

        inventory.removeDevice("a", Terms.NONE);

        assertThat(fixture.factory.device("a").closed).isTrue();
        assertRefused(Problem.DEVICE_NOT_FOUND, () -> inventory.device("a"));
        assertRefused(Problem.DEVICE_NOT_FOUND, () -> inventory.removeDevice("a", Terms.NONE));
        assertThat(fixture.eventTypes()).containsExactly("device.registered", "device.removed");
    }

    @Test
    void aDeviceThatIsAPathIsNotRemoved() {
        fixture.devices("a");
        fixture.create("disk", "a");

        InventoryException e = assertRefused(Problem.DEVICE_IN_USE, () -> inventory.removeDevice("a", Terms.NONE));

        assertThat(e.detail()).contains("\"disk\"");
        assertThat(inventory.device("a").geom()).isEqualTo("disk");
        assertThat(fixture.factory.device("a").closed).isFalse();
    }

    @Test
    void aDryRunRegistersNothing() {
        fixture.factory.with(uri("a"), SIZE, 512);

        DeviceView view = inventory.registerDevice(new DeviceSpec("a", uri("a")), Terms.NONE.withDryRun(true));

        assertThat(view.sizeBytes()).isEqualTo(SIZE);
        assertThat(inventory.devices()).isEmpty();
        assertThat(fixture.factory.device("a").closed).isTrue();
        assertThat(fixture.memory().saves).isZero();
        assertThat(fixture.events()).isEmpty();
    }

    @Test
    void aDryRunRemovesNothing() {
        fixture.devices("a");

        inventory.removeDevice("a", Terms.NONE.withDryRun(true));

        assertThat(inventory.device("a").state()).isEqualTo(DeviceState.OPEN);
        assertThat(fixture.factory.device("a").closed).isFalse();
    }
}
