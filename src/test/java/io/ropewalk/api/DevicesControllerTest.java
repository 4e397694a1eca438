package io.ropewalk.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.ropewalk.engine.Mode;
import io.ropewalk.inventory.DeviceSpec;
import io.ropewalk.inventory.LabelView;
import io.ropewalk.inventory.Problem;
import io.ropewalk.inventory.TasteView;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpStatus;

class DevicesControllerTest extends ApiTestBase {

    @Test
    void aDeviceLooksAsTheContractSays() {
        when(inventory.device("sda")).thenReturn(Samples.device("sda"));

        assertThat(get("/devices/sda")).bodyJson().isStrictlyEqualTo("""
                {"name":"sda","uri":"nbd://127.0.0.1:10809/sda","state":"OPEN","detail":null,
                 "since":"2026-01-02T03:04:05.678Z","sizeBytes":67108864,"sectorSize":512,
                 "capabilities":["WRITE","FLUSH"],"geom":null}
                """);
    }

    @Test
    void aDeviceOutOfReachSaysWhy() {
        when(inventory.devices()).thenReturn(List.of(Samples.unreachable("sda")));

        assertThat(get("/devices")).bodyJson().isStrictlyEqualTo("""
                {"items":[{"name":"sda","uri":"nbd://127.0.0.1:10809/sda","state":"UNREACHABLE",
                 "detail":"connection refused","since":"2026-01-02T03:04:05.678Z","sizeBytes":null,"sectorSize":null,
                 "capabilities":[],"geom":"disk1"}],"nextPageToken":null}
                """);
    }

    @Test
    void aDeviceIsRegisteredWithANameOrWithout() {
        when(inventory.registerDevice(any(), any())).thenReturn(Samples.device("sda"));

        assertThat(post("/devices", """
                {"name":"sda","uri":"nbd://127.0.0.1/sda"}""")).hasStatus(HttpStatus.CREATED).hasHeader("Location", "/api/v1/devices/sda");
        assertThat(post("/devices?dryRun=true", """
                {"uri":"file:///tmp/x"}""")).hasStatusOk().doesNotContainHeader("Location");

        verify(inventory).registerDevice(new DeviceSpec("sda", "nbd://127.0.0.1/sda"), TERMS);
        verify(inventory).registerDevice(new DeviceSpec(null, "file:///tmp/x"), TERMS.withDryRun(true));
    }

    @Test
    void aDeviceWithoutUriIsRefused() {
        assertViolation(post("/devices", "{\"name\":\"sda\"}"), ProblemCode.INVALID_BODY, "uri", "is missing");
        assertViolation(
                post("/devices", "{\"uri\":\"" + "x".repeat(5000) + "\"}"), ProblemCode.INVALID_BODY, "uri", "4096");
    }

    @Test
    void aDeviceIsForgotten() {
        assertThat(delete("/devices/sda")).hasStatus(HttpStatus.NO_CONTENT);

        verify(inventory).removeDevice("sda", TERMS);
    }

    @Test
    void refusalsAreProblems() {
        when(inventory.registerDevice(any(), any())).thenThrow(Samples.refusal(Problem.DEVICE_UNREACHABLE));
        when(inventory.device(any())).thenThrow(Samples.refusal(Problem.DEVICE_NOT_FOUND));

        assertProblem(post("/devices", "{\"uri\":\"nbd://127.0.0.1\"}"), ProblemCode.DEVICE_UNREACHABLE);
        assertProblem(get("/devices/sda"), ProblemCode.DEVICE_NOT_FOUND);
    }

    @Test
    void tastingSaysWhatCameOfIt() {
        when(inventory.tasteDevice("sda", TERMS))
                .thenReturn(new TasteView("sda", TasteView.Outcome.GEOM_CREATED, "disk1", LABEL, "It is disk1."));
        when(inventory.rescan(TERMS.withDryRun(true)))
                .thenReturn(List.of(new TasteView("sda", TasteView.Outcome.NOT_OURS, null, null, "It has no label.")));

        assertThat(post("/devices/sda:taste", "")).hasStatusOk().bodyJson().isStrictlyEqualTo("""
                {"device":"sda","outcome":"GEOM_CREATED","geom":"disk1",
                 "label":{"name":"disk1","uuid":"6ba7b810-9dad-11d1-80b4-00c04fd430c8","version":1,"sectorSize":512,
                  "sizeBytes":67108864,"mode":"ACTIVE_READ"},"message":"It is disk1."}
                """);
        assertThat(post("/devices:rescan?dryRun=true", ""))
                .hasStatusOk()
                .bodyJson()
                .isStrictlyEqualTo("""
                {"items":[{"device":"sda","outcome":"NOT_OURS","geom":null,"label":null,"message":"It has no label."}]}
                """);
    }

    @Test
    void aLabelIsReadAndErased() {
        when(inventory.label("sda")).thenReturn(LABEL);

        assertThat(get("/devices/sda/label"))
                .bodyJson()
                .extractingPath("$.uuid")
                .isEqualTo(LABEL.uuid());
        assertThat(delete("/devices/sda/label")).hasStatus(HttpStatus.NO_CONTENT);

        verify(inventory).clearLabel("sda", TERMS);
    }

    @Test
    void aDeviceIsAskedForItsSize() {
        when(inventory.resizeDevice("sda", TERMS)).thenReturn(Samples.device("sda"));

        assertThat(post("/devices/sda:resize", ""))
                .bodyJson()
                .extractingPath("$.sizeBytes")
                .isEqualTo(67108864);
    }

    private static final LabelView LABEL =
            new LabelView("disk1", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", 1, 512, 67108864, Mode.ACTIVE_READ);
}
