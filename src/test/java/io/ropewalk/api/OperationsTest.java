package io.ropewalk.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyBoolean;
import static org.mockito.ArgumentMatchers.argThat;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.timeout;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.ropewalk.inventory.AuditEntry;
import io.ropewalk.inventory.AuditStore;
import io.ropewalk.inventory.LastPath;
import io.ropewalk.inventory.Problem;
import java.time.Duration;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mockito.stubbing.Answer;
import org.slf4j.MDC;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.http.HttpStatus;
import org.springframework.test.web.servlet.assertj.MvcTestResult;

/** A change that takes longer than its caller waits goes on as an operation. */
class OperationsTest extends ApiTestBase {
    private static final Duration SOON = Duration.ofSeconds(30);

    @Autowired
    private AuditStore audit;

    private final CountDownLatch mayEnd = new CountDownLatch(1);

    @AfterEach
    void end() {
        mayEnd.countDown();
    }

    private <T> Answer<T> slow(T result) {
        return call -> {
            assertThat(mayEnd.await(30, TimeUnit.SECONDS)).isTrue();
            return result;
        };
    }

    private String locationOf(MvcTestResult accepted) {
        assertThat(accepted).hasStatus(HttpStatus.ACCEPTED);
        return Objects.requireNonNull(accepted.getResponse().getHeader("Location"));
    }

    private MvcTestResult poll(String location) {
        return mvc.get().uri(location).exchange();
    }

    private void awaitState(String location, String state) {
        Awaitility.await()
                .atMost(SOON)
                .untilAsserted(() -> assertThat(poll(location))
                        .bodyJson()
                        .extractingPath("$.state")
                        .isEqualTo(state));
    }

    @Test
    void aSlowChangeIsAnsweredWithAnOperation() {
        doAnswer(slow(null)).when(inventory).removePath(any(), any(), any(), any());

        MvcTestResult accepted = mvc.delete()
                .uri("/api/v1/geoms/disk1/paths/d1")
                .header("Prefer", "wait=0")
                .exchange();

        assertThat(accepted)
                .hasStatus(HttpStatus.ACCEPTED)
                .hasHeader("Preference-Applied", "wait=0")
                .hasHeader("Retry-After", "1");
        assertThat(accepted).bodyJson().extractingPath("$.state").isEqualTo("RUNNING");
        assertThat(accepted).bodyJson().extractingPath("$.operation").isEqualTo("removePath");
        assertThat(accepted).bodyJson().extractingPath("$.target").isEqualTo("/api/v1/geoms/disk1/paths/d1");
        assertThat(accepted).bodyJson().extractingPath("$.actor").isEqualTo("operator");
        String location = locationOf(accepted);
        assertThat(poll(location)).hasStatusOk();

        mayEnd.countDown();

        awaitState(location, "SUCCEEDED");
        assertThat(poll(location)).bodyJson().extractingPath("$.status").isEqualTo(204);
        assertThat(poll(location)).bodyJson().extractingPath("$.finishedAt").isNotNull();
        assertThat(get("/operations")).bodyText().contains(location.substring(location.lastIndexOf('/') + 1));
        verify(inventory).removePath("disk1", "d1", LastPath.REFUSE, TERMS);
    }

    @Test
    void whatIsMadeIsToldInTheOperation() {
        when(inventory.createGeom(any(), anyBoolean(), any())).thenAnswer(slow(Samples.geom("disk1")));

        String location = locationOf(json(mvc.post().uri("/api/v1/geoms"), "{\"name\":\"disk1\",\"paths\":[\"d1\"]}")
                .header("Prefer", "respond-async")
                .exchange());
        mayEnd.countDown();

        awaitState(location, "SUCCEEDED");
        assertThat(poll(location)).bodyJson().extractingPath("$.status").isEqualTo(201);
        assertThat(poll(location)).bodyJson().extractingPath("$.location").isEqualTo("/api/v1/geoms/disk1");
        assertThat(poll(location)).bodyJson().extractingPath("$.result.name").isEqualTo("disk1");
    }

    @Test
    void whatIsRefusedIsToldInTheOperation() {
        when(inventory.rotateGeom(eq("disk1"), any())).thenAnswer(call -> {
            assertThat(mayEnd.await(30, TimeUnit.SECONDS)).isTrue();
            throw Samples.refusal(Problem.NO_USABLE_PATH);
        });

        String location = locationOf(mvc.post()
                .uri("/api/v1/geoms/disk1:rotate")
                .header("Prefer", "wait=0")
                .exchange());
        mayEnd.countDown();

        awaitState(location, "FAILED");
        assertThat(poll(location)).bodyJson().extractingPath("$.problem.code").isEqualTo("no-usable-path");
        assertThat(poll(location)).bodyJson().extractingPath("$.status").isEqualTo(409);
    }

    @Test
    void theAuditIsToldHowAnAcceptedChangeEnded() throws Exception {
        when(inventory.rotateGeom(any(), any())).thenAnswer(call -> {
            assertThat(mayEnd.await(30, TimeUnit.SECONDS)).isTrue();
            if (call.getArgument(0).equals("disk2")) {
                throw Samples.refusal(Problem.NO_USABLE_PATH);
            }
            return Samples.geom("disk1");
        });

        locationOf(rotate("disk1", "", "ends-well"));
        locationOf(rotate("disk2", "", "ends-badly"));
        String tried = locationOf(rotate("disk3", "?dryRun=true", "is-tried"));
        mayEnd.countDown();

        verify(audit, timeout(SOON.toMillis())).add(argThat(entry -> isEnd(entry, "ends-well", "done")));
        verify(audit, timeout(SOON.toMillis())).add(argThat(entry -> isEnd(entry, "ends-badly", "no-usable-path")));
        awaitState(tried, "SUCCEEDED");
        verify(audit, never()).add(argThat(entry -> "is-tried".equals(entry.key())));
    }

    private MvcTestResult rotate(String geom, String query, String key) {
        return mvc.post()
                .uri("/api/v1/geoms/" + geom + ":rotate" + query)
                .header("Prefer", "wait=0")
                .header("Idempotency-Key", key)
                .exchange();
    }

    private static boolean isEnd(AuditEntry entry, String key, String outcome) {
        return key.equals(entry.key())
                && entry.outcome().equals(outcome)
                && entry.verb().equals("rotateGeom")
                && entry.resource().startsWith("geom disk");
    }

    @Test
    void anOperationHasTheTraceOfItsRequest_inWhatItDoesAndInItsProblem() {
        String trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        AtomicReference<String> seen = new AtomicReference<>();
        when(inventory.rotateGeom(eq("disk1"), any())).thenAnswer(call -> {
            seen.set(MDC.get(TraceFilter.KEY));
            assertThat(mayEnd.await(30, TimeUnit.SECONDS)).isTrue();
            throw Samples.refusal(Problem.NO_USABLE_PATH);
        });

        String location = locationOf(mvc.post()
                .uri("/api/v1/geoms/disk1:rotate")
                .header("Prefer", "wait=0")
                .header("traceparent", "00-" + trace + "-00f067aa0ba902b7-01")
                .exchange());
        mayEnd.countDown();

        awaitState(location, "FAILED");
        assertThat(poll(location))
                .bodyJson()
                .extractingPath("$.problem.traceId")
                .isEqualTo(trace);
        assertThat(seen).hasValue(trace);
    }

    @Test
    @ExtendWith(OutputCaptureExtension.class)
    void ourFaultIsInTheLogThoughNobodyWaitsForItAnyMore(CapturedOutput log) {
        when(inventory.rotateGeom(eq("disk1"), any())).thenAnswer(call -> {
            assertThat(mayEnd.await(30, TimeUnit.SECONDS)).isTrue();
            throw new IllegalStateException("a fault of ours");
        });

        String location = locationOf(mvc.post()
                .uri("/api/v1/geoms/disk1:rotate")
                .header("Prefer", "wait=0")
                .exchange());
        mayEnd.countDown();

        awaitState(location, "FAILED");
        assertThat(poll(location)).bodyJson().extractingPath("$.problem.code").isEqualTo("internal-error");
        Awaitility.await().atMost(SOON).untilAsserted(() -> assertThat(log).contains("a fault of ours"));
    }

    @Test
    void aChangeThatIsDoneInTimeIsAnsweredAsEver() {
        when(inventory.rotateGeom(eq("disk1"), any()))
                .thenReturn(Samples.geom("disk1"))
                .thenThrow(Samples.refusal(Problem.NO_USABLE_PATH));

        MvcTestResult done = mvc.post()
                .uri("/api/v1/geoms/disk1:rotate")
                .header("Prefer", "handling=strict, wait=60")
                .exchange();
        MvcTestResult refused = mvc.post()
                .uri("/api/v1/geoms/disk1:rotate")
                .header("Prefer", "wait=60")
                .exchange();

        assertThat(done)
                .hasStatusOk()
                .hasHeader("Preference-Applied", "wait=60")
                .hasHeader("ETag", "\"7\"");
        assertProblem(refused, ProblemCode.NO_USABLE_PATH);
    }

    @Test
    void withoutPreferenceItIsWaitedFor() {
        when(inventory.rotateGeom(eq("disk1"), any())).thenReturn(Samples.geom("disk1"));

        assertThat(mvc.post().uri("/api/v1/geoms/disk1:rotate").header("Prefer", "return=minimal"))
                .hasStatusOk()
                .doesNotContainHeader("Preference-Applied");
    }

    @ParameterizedTest
    @ValueSource(strings = {"wait=", "wait=-1", "wait=x", "wait=301", "wait=1.5", "wait=99999999999"})
    void aTimeThatIsNoneIsRefused(String prefer) {
        assertViolation(
                mvc.post()
                        .uri("/api/v1/geoms/disk1:rotate")
                        .header("Prefer", prefer)
                        .exchange(),
                ProblemCode.INVALID_PARAMETER,
                "Prefer",
                "0 to 300");
    }

    @Test
    void anOperationThatIsNotKnownIsNotFound() {
        assertProblem(get("/operations/" + UUID.randomUUID()), ProblemCode.OPERATION_NOT_FOUND);
        assertProblem(get("/operations/x"), ProblemCode.OPERATION_NOT_FOUND);
    }
}
