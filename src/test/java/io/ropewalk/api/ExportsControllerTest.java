package io.ropewalk.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.ropewalk.inventory.ClientNetwork;
import io.ropewalk.inventory.ExportPut;
import io.ropewalk.inventory.ExportSettings;
import io.ropewalk.inventory.ExportView;
import io.ropewalk.inventory.Problem;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpStatus;
import org.springframework.test.web.servlet.assertj.MvcTestResult;

class ExportsControllerTest extends ApiTestBase {

    @Test
    void anExportLooksAsTheContractSays() {
        when(inventory.export("disk1")).thenReturn(Samples.export("disk1"));

        assertThat(get("/exports/disk1")).hasHeader("ETag", "\"4\"").bodyJson().isStrictlyEqualTo("""
                {"name":"disk1","geom":"disk1","readOnly":false,"allowedClients":[],
                 "uri":"nbd://127.0.0.1:10809/disk1","sessions":1,"generation":4}
                """);
    }

    @Test
    void exportsAreListed() {
        when(inventory.exports()).thenReturn(List.of(Samples.export("a"), Samples.export("b")));

        assertThat(get("/exports?pageSize=1"))
                .bodyJson()
                .extractingPath("$.items[*].name")
                .asArray()
                .containsExactly("a");
    }

    @Test
    void sessionsComeInTheOrderTheyWereOpened() {
        when(inventory.sessions("disk1")).thenReturn(List.of(Samples.session("9"), Samples.session("10")));

        assertThat(get("/exports/disk1/sessions"))
                .bodyJson()
                .extractingPath("$.items[*].id")
                .asArray()
                .containsExactly("9", "10");
    }

    @Test
    void aClientIsDisconnected() {
        assertThat(delete("/exports/disk1/sessions/9")).hasStatus(HttpStatus.NO_CONTENT);
        verify(inventory).disconnectSession("disk1", "9", TERMS);

        doThrow(Samples.refusal(Problem.SESSION_NOT_FOUND)).when(inventory).disconnectSession("disk1", "8", TERMS);
        assertProblem(delete("/exports/disk1/sessions/8"), ProblemCode.SESSION_NOT_FOUND);
    }

    @Test
    void aSessionTellsHowItIsUsed() {
        when(inventory.sessions("disk1")).thenReturn(List.of(Samples.session("9")));

        assertThat(get("/exports/disk1/sessions")).bodyJson().isStrictlyEqualTo("""
                {"items":[{"id":"9","export":"disk1","client":"127.0.0.1:5000","since":"2026-01-02T03:04:05.678Z",
                 "encrypted":false,"readOnly":true,"inFlight":1,"requests":20,"errors":2,"bytesRead":4096,
                 "bytesWritten":512}],"nextPageToken":null}
                """);
    }

    @Test
    void anExportIsMade() {
        ExportSettings settings = new ExportSettings(true, List.of(ClientNetwork.parse("192.0.2.0/24")));
        when(inventory.putExport(eq("alias"), eq("disk1"), eq(settings), any(), eq(TERMS)))
                .thenReturn(new ExportPut(Samples.export("alias"), true));

        MvcTestResult made = put("/exports/alias", """
                {"geom":"disk1","readOnly":true,"allowedClients":["192.0.2.0/24"]}""");

        assertThat(made)
                .hasStatus(HttpStatus.CREATED)
                .hasHeader("Location", "/api/v1/exports/alias")
                .hasHeader("ETag", "\"4\"");
    }

    @Test
    void anExportThatIsThereIsSet() {
        when(inventory.putExport(
                        eq("disk1"), eq("disk1"), eq(ExportSettings.DEFAULT), any(), eq(TERMS.withIfGeneration(4L))))
                .thenReturn(new ExportPut(Samples.export("disk1"), false));

        assertThat(json(mvc.put().uri("/api/v1/exports/disk1"), "{\"geom\":\"disk1\"}")
                        .header("If-Match", "\"4\""))
                .hasStatusOk();
    }

    @Test
    void whatSomebodyElseHasSetIsReplacedOnlyByWhoSawIt() {
        when(inventory.putExport(any(), any(), any(), any(), any())).thenAnswer(call -> {
            if (!call.getArgument(2).equals(ExportSettings.of(Samples.export("disk1")))) {
                call.<Consumer<ExportView>>getArgument(3).accept(Samples.export("disk1"));
            }
            return new ExportPut(Samples.export("disk1"), false);
        });
        String other = "{\"geom\":\"disk1\",\"readOnly\":true}";

        assertViolation(put("/exports/disk1", other), ProblemCode.PRECONDITION_REQUIRED, "If-Match", "is missing");
        assertThat(put("/exports/disk1", "{\"geom\":\"disk1\"}")).as("as it is").hasStatusOk();
        assertThat(json(mvc.put().uri("/api/v1/exports/disk1"), other).header("If-Match", "*"))
                .hasStatusOk();
    }

    @Test
    void aNetworkThatIsNoneIsNamed() {
        assertViolation(
                put("/exports/disk1", "{\"geom\":\"disk1\",\"allowedClients\":[\"192.0.2.0/24\",\"elsewhere\"]}"),
                ProblemCode.INVALID_BODY,
                "allowedClients[1]",
                "is no address or network");
        assertViolation(put("/exports/disk1", "{}"), ProblemCode.INVALID_BODY, "geom", "is missing");
        when(inventory.export("disk1")).thenReturn(Samples.export("disk1"));
        assertViolation(
                patch("/exports/disk1", "{\"allowedClients\":[null]}"),
                ProblemCode.INVALID_BODY,
                "allowedClients[0]",
                "is no address or network");
        assertViolation(patch("/exports/disk1", "{\"geom\":\"x\"}"), ProblemCode.INVALID_BODY, "geom", "is unknown");
        verify(inventory, never()).putExport(any(), any(), any(), any(), any());
    }

    @Test
    void aPatchChangesWhatItNames() {
        ExportSettings before = new ExportSettings(false, List.of(ClientNetwork.parse("192.0.2.7")));
        when(inventory.export("disk1")).thenReturn(Samples.export("disk1"));
        when(inventory.configureExport(eq("disk1"), any(), eq(TERMS))).thenAnswer(call -> {
            UnaryOperator<ExportSettings> change = call.getArgument(1);
            assertThat(change.apply(before)).isEqualTo(new ExportSettings(true, before.allowedClients()));
            return Samples.export("disk1");
        });

        assertThat(patch("/exports/disk1", "{\"readOnly\":true}")).hasStatusOk();
    }

    @Test
    void aPatchWithNullGoesBackToTheDefault() {
        ExportSettings before = new ExportSettings(true, List.of(ClientNetwork.parse("192.0.2.7")));
        when(inventory.export("disk1")).thenReturn(Samples.export("disk1"));
        when(inventory.configureExport(eq("disk1"), any(), eq(TERMS))).thenAnswer(call -> {
            UnaryOperator<ExportSettings> change = call.getArgument(1);
            assertThat(change.apply(before)).isEqualTo(ExportSettings.DEFAULT);
            return Samples.export("disk1");
        });

        assertThat(patch("/exports/disk1", "{\"readOnly\":null,\"allowedClients\":null}"))
                .hasStatusOk();
    }

    @Test
    void anExportIsDeleted() {
        assertThat(delete("/exports/disk1?force=true")).hasStatus(HttpStatus.NO_CONTENT);
        verify(inventory).deleteExport("disk1", true, TERMS);

        doThrow(Samples.refusal(Problem.EXPORT_IN_USE)).when(inventory).deleteExport("disk1", false, TERMS);
        assertProblem(delete("/exports/disk1"), ProblemCode.EXPORT_IN_USE);
    }

    @Test
    void theSystemSaysWhatItIs() {
        assertThat(get("/system")).bodyJson().isStrictlyEqualTo("""
                {"version":"1.2.3","node":"node-1","startedAt":"2026-01-02T03:04:05Z","deviceSchemes":["file","nbd"],
                 "features":[],"limits":{"pathsPerGeom":64,"payloadBytes":33554432,"bodyBytes":65536,"pageSize":1000,
                 "eventStreams":100}}
                """);
    }
}
