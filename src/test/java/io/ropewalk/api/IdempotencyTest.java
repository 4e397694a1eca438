package io.ropewalk.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.ropewalk.inventory.InventoryException;
import io.ropewalk.inventory.Problem;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.http.HttpStatus;
import org.springframework.mock.web.MockFilterChain;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.test.web.servlet.assertj.MvcTestResult;

/** A POST with a key is carried out once. */
class IdempotencyTest extends ApiTestBase {
    private static final String BODY = "{\"name\":\"scratch\",\"uri\":\"nbd://127.0.0.1/x\"}";

    @Autowired
    private MemoryAnswers answers;

    @Autowired
    private ProblemWriter problems;

    private final String key = UUID.randomUUID().toString();

    @AfterEach
    void mend() {
        answers.broken = false;
    }

    private MvcTestResult post(String path, String body, String withKey) {
        return json(mvc.post().uri("/api/v1" + path), body)
                .header("Idempotency-Key", withKey)
                .exchange();
    }

    private MvcTestResult register() {
        return post("/devices", BODY, key);
    }

    @Test
    void theSecondRequestGetsTheFirstAnswer() {
        when(inventory.registerDevice(any(), any())).thenReturn(Samples.device("scratch"));

        MvcTestResult first = register();
        MvcTestResult second = register();

        assertThat(first).hasStatus(HttpStatus.CREATED).doesNotContainHeader("Idempotency-Replayed");
        assertThat(second)
                .hasStatus(HttpStatus.CREATED)
                .hasHeader("Idempotency-Replayed", "true")
                .hasHeader("Location", "/api/v1/devices/scratch")
                .hasHeader("Content-Type", "application/json");
        assertThat(second.getResponse().getContentAsByteArray())
                .isNotEmpty()
                .isEqualTo(first.getResponse().getContentAsByteArray());
        verify(inventory, times(1)).registerDevice(any(), any());
    }

    @Test
    void anEtagIsReplayedToo() {
        when(inventory.rotateGeom(any(), any())).thenReturn(Samples.geom("disk1"));

        post("/geoms/disk1:rotate", "", key);

        assertThat(post("/geoms/disk1:rotate", "", key))
                .hasHeader("Idempotency-Replayed", "true")
                .hasHeader("ETag", "\"7\"");
        verify(inventory, times(1)).rotateGeom(any(), any());
    }

    @Test
    void aRefusalIsAnAnswerToo() {
        when(inventory.registerDevice(any(), any())).thenThrow(Samples.refusal(Problem.DEVICE_EXISTS));

        assertProblem(register(), ProblemCode.DEVICE_EXISTS);
        MvcTestResult again = register();

        assertProblem(again, ProblemCode.DEVICE_EXISTS);
        assertThat(again).hasHeader("Idempotency-Replayed", "true");
        verify(inventory, times(1)).registerDevice(any(), any());
    }

    @Test
    void whatMayPassIsTriedAnew() {
        when(inventory.registerDevice(any(), any()))
                .thenThrow(Samples.refusal(Problem.BUSY))
                .thenReturn(Samples.device("scratch"));

        assertProblem(register(), ProblemCode.BUSY);
        assertThat(register()).hasStatus(HttpStatus.CREATED).doesNotContainHeader("Idempotency-Replayed");
    }

    @Test
    void whatWasBegunAndMayStillHappenIsNotBegunAgain() {
        when(inventory.rotateGeom(any(), any()))
                .thenThrow(InventoryException.undecided(
                        Problem.BUSY, "It was begun and took too long.", "Look at the state.", "service"));

        assertProblem(post("/geoms/disk1:rotate", "", key), ProblemCode.BUSY);
        assertProblem(post("/geoms/disk1:rotate", "", key), ProblemCode.IDEMPOTENCY_KEY_IN_USE);

        verify(inventory, times(1)).rotateGeom(any(), any());
    }

    @Test
    void aKeyForAnotherRequestIsRefused() {
        when(inventory.registerDevice(any(), any())).thenReturn(Samples.device("scratch"));
        register();

        assertViolation(
                post("/devices", "{\"name\":\"other\",\"uri\":\"nbd://127.0.0.1/x\"}", key),
                ProblemCode.IDEMPOTENCY_KEY_REUSED,
                "Idempotency-Key",
                "another request");
        assertProblem(post("/devices?dryRun=true", BODY, key), ProblemCode.IDEMPOTENCY_KEY_REUSED);
        assertProblem(post("/geoms", BODY, key), ProblemCode.IDEMPOTENCY_KEY_REUSED);
        verify(inventory, times(1)).registerDevice(any(), any());
    }

    @Test
    void aSecondRequestAtTheSameTimeIsRefused() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        when(inventory.registerDevice(any(), any())).thenAnswer(call -> {
            begun.countDown();
            assertThat(mayEnd.await(30, TimeUnit.SECONDS)).isTrue();
            return Samples.device("scratch");
        });
        CompletableFuture<MvcTestResult> first = CompletableFuture.supplyAsync(this::register);
        assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();

        assertProblem(register(), ProblemCode.IDEMPOTENCY_KEY_IN_USE);

        mayEnd.countDown();
        assertThat(first.get(30, TimeUnit.SECONDS)).hasStatus(HttpStatus.CREATED);
        assertThat(register()).hasHeader("Idempotency-Replayed", "true");
    }

    @Test
    void whatWasUnderWayWhenTheServiceEndedIsNotDoneAgain() {
        when(inventory.rotateGeom(eq("disk1"), any())).thenThrow(new IllegalStateException("as a crash"));
        assertProblem(post("/geoms/disk1:rotate", "", key), ProblemCode.INTERNAL_ERROR);

        MvcTestResult again = post("/geoms/disk1:rotate", "", key);

        assertProblem(again, ProblemCode.IDEMPOTENCY_KEY_IN_USE);
        assertThat(again).bodyJson().extractingPath("$.detail").asString().contains("not known");
        verify(inventory, times(1)).rotateGeom(any(), any());
    }

    @Test
    void otherMethodsAndRequestsWithoutKeyAreCarriedOutAsOftenAsTheyCome() {
        when(inventory.rotateGeom(any(), any())).thenReturn(Samples.geom("disk1"));

        post("/geoms/disk1:rotate");
        post("/geoms/disk1:rotate");
        mvc.delete().uri("/api/v1/devices/a").header("Idempotency-Key", key).exchange();
        mvc.delete().uri("/api/v1/devices/a").header("Idempotency-Key", key).exchange();

        verify(inventory, times(2)).rotateGeom(any(), any());
        verify(inventory, times(2)).removeDevice(any(), any());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "two words", "\u00e4"})
    void aKeyThatIsNoneIsRefused(String bad) {
        assertViolation(post("/devices", BODY, bad), ProblemCode.INVALID_PARAMETER, "Idempotency-Key", "visible ASCII");
        assertProblem(post("/devices", BODY, "x".repeat(256)), ProblemCode.INVALID_PARAMETER);
    }

    @Test
    void aBodyThatIsTooLargeIsRefusedBeforeItIsHashed() {
        assertProblem(post("/geoms", " ".repeat(BodyLimitFilter.MOST_BYTES + 1), key), ProblemCode.BODY_TOO_LARGE);
    }

    @Test
    void nothingIsDoneWhenTheKeyCannotBeWrittenDown() {
        answers.broken = true;

        assertProblem(register(), ProblemCode.STORE_FAILED);
        verify(inventory, times(0)).registerDevice(any(), any());
    }

    // ---- the filter alone

    private static final class SetClock extends Clock {
        private Instant now = Instant.parse("2026-01-02T03:04:05Z");

        @Override
        public java.time.ZoneId getZone() {
            return java.time.ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(java.time.ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return now;
        }
    }

    private static MockHttpServletResponse send(IdempotencyFilter filter, String withKey, String user)
            throws Exception {
        MockHttpServletRequest request = new MockHttpServletRequest("POST", "/api/v1/devices:rescan");
        request.addHeader("Idempotency-Key", withKey);
        request.setUserPrincipal(() -> user);
        MockHttpServletResponse response = new MockHttpServletResponse();
        filter.doFilter(request, response, new MockFilterChain());
        return response;
    }

    @Test
    void aKeyIsForgottenAfterADay() throws Exception {
        SetClock clock = new SetClock();
        IdempotencyFilter filter = new IdempotencyFilter(new MemoryAnswers(), problems, clock);
        send(filter, key, "olga");
        clock.now = clock.now.plus(IdempotencyFilter.KEPT).minus(Duration.ofMinutes(1));
        assertThat(send(filter, key, "olga").getHeader("Idempotency-Replayed")).isEqualTo("true");

        clock.now = clock.now.plus(Duration.ofMinutes(20));

        assertThat(send(filter, key, "olga").getHeader("Idempotency-Replayed")).isNull();
    }

    @Test
    void theKeysOfOthersAreTheirOwn() throws Exception {
        IdempotencyFilter filter = new IdempotencyFilter(new MemoryAnswers(), problems, Clock.systemUTC());
        send(filter, key, "olga");

        assertThat(send(filter, key, "otto").getHeader("Idempotency-Replayed")).isNull();
        assertThat(Objects.requireNonNull(send(filter, key, "olga").getHeader("Idempotency-Replayed")))
                .isEqualTo("true");
    }
}
