package io.ropewalk.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.ropewalk.inventory.Problem;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpStatus;

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
    void theSystemSaysWhatItIs() {
        assertThat(get("/system")).bodyJson().isStrictlyEqualTo("""
                {"version":"1.2.3","node":"node-1","startedAt":"2026-01-02T03:04:05Z","deviceSchemes":["file","nbd"],
                 "features":[],"limits":{"pathsPerGeom":64,"payloadBytes":33554432,"bodyBytes":65536,"pageSize":1000,
                 "eventStreams":100}}
                """);
    }
}
