package io.ropewalk.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.ropewalk.inventory.EventPage;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.test.web.servlet.assertj.MvcTestResult;

class EventsControllerTest extends ApiTestBase {

    @Test
    void eventsComePageByPage() {
        when(inventory.eventsAfter(0, 2))
                .thenReturn(new EventPage(List.of(Samples.event(5), Samples.event(6)), true, 7));
        when(inventory.eventsAfter(6, 2)).thenReturn(new EventPage(List.of(Samples.event(7)), false, 7));

        assertThat(get("/events?pageSize=2")).bodyJson().isStrictlyEqualTo("""
                {"items":[
                 {"seq":5,"time":"2026-01-02T03:04:05.678Z","type":"path.failed","geom":"disk1","path":"d2",
                  "detail":{"reason":"TIMEOUT"}},
                 {"seq":6,"time":"2026-01-02T03:04:05.678Z","type":"path.failed","geom":"disk1","path":"d2",
                  "detail":{"reason":"TIMEOUT"}}],
                 "nextPageToken":"6","lastSeq":7}
                """);
        assertThat(get("/events?pageSize=2&pageToken=6"))
                .bodyJson()
                .extractingPath("$.nextPageToken")
                .isNull();
        assertThat(get("/events?pageSize=2&after=6"))
                .bodyJson()
                .extractingPath("$.items[0].seq")
                .isEqualTo(7);
    }

    @Test
    void theNewestComeWithoutAskingFirstWhereTheyBegin() {
        when(inventory.eventsAfter(0, 1)).thenReturn(new EventPage(List.of(), true, 90));
        when(inventory.eventsAfter(87, 100)).thenReturn(new EventPage(List.of(Samples.event(88)), false, 90));
        when(inventory.eventsAfter(1, 100)).thenReturn(new EventPage(List.of(Samples.event(40)), true, 90));

        assertThat(get("/events?last=3"))
                .bodyJson()
                .extractingPath("$.items[0].seq")
                .isEqualTo(88);
        assertThat(get("/events?last=1000"))
                .bodyJson()
                .extractingPath("$.items[0].seq")
                .isEqualTo(40);
        assertThat(get("/events?last=0")).hasStatus(400);
        assertThat(get("/events?last=3&after=5")).hasStatus(400);
        assertThat(get("/events?last=3&pageToken=5")).hasStatus(400);
    }

    @Test
    void anybodyWhoAcceptsAnythingGetsAPage() {
        when(inventory.eventsAfter(0, 100)).thenReturn(new EventPage(List.of(), false, 0));

        assertThat(mvc.get().uri("/api/v1/events").accept(MediaType.ALL)).hasContentType(MediaType.APPLICATION_JSON);
    }

    @Test
    void eventsThatAreForgottenAreGone() {
        when(inventory.eventsAfter(eq(3L), anyInt())).thenReturn(new EventPage(List.of(), true, 90));

        assertProblem(get("/events?after=3"), ProblemCode.EVENTS_COMPACTED);
        assertProblem(stream("3"), ProblemCode.EVENTS_COMPACTED);
    }

    @Test
    void whatIsNoSeqIsRefused() {
        assertViolation(get("/events?after=-1"), ProblemCode.INVALID_PARAMETER, "after", "negative");
        assertViolation(get("/events?pageToken=x"), ProblemCode.INVALID_PARAMETER, "pageToken", "seq");
        assertViolation(stream("x"), ProblemCode.INVALID_PARAMETER, "Last-Event-ID", "seq");
    }

    @Test
    void aStreamGoesOnAfterTheLastEventThatWasSeen() throws InterruptedException {
        when(inventory.eventsAfter(anyLong(), anyInt())).thenReturn(new EventPage(List.of(), false, 6));
        when(inventory.awaitEventsAfter(eq(5L), anyInt(), any()))
                .thenReturn(new EventPage(List.of(Samples.event(6)), false, 6));
        when(inventory.awaitEventsAfter(eq(6L), anyInt(), any()))
                .thenReturn(new EventPage(List.of(), false, 6))
                .thenThrow(new InterruptedException("the end of the test"));

        MvcTestResult result = stream("5");

        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(body(result))
                        .startsWith(":from 5\n\n")
                        .contains("id:6\nevent:path.failed\ndata:{\"seq\":6,")
                        .endsWith(":nothing new\n\n"));
        assertThat(result.getResponse().getContentType()).startsWith(MediaType.TEXT_EVENT_STREAM_VALUE);
    }

    @Test
    void aStreamWithoutABeginningBeginsNow() throws InterruptedException {
        when(inventory.eventsAfter(anyLong(), anyInt())).thenReturn(new EventPage(List.of(), false, 41));
        when(inventory.awaitEventsAfter(anyLong(), anyInt(), any())).thenThrow(new InterruptedException("the end"));

        mvc.get().uri("/api/v1/events").accept(MediaType.TEXT_EVENT_STREAM).exchange(Duration.ofSeconds(10));

        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> verify(inventory).awaitEventsAfter(eq(41L), anyInt(), any()));
    }

    @Test
    void aClientHasSoManyStreams_andMoreWhenItClosesOne() throws InterruptedException {
        CountDownLatch end = new CountDownLatch(1);
        when(inventory.eventsAfter(anyLong(), anyInt())).thenReturn(new EventPage(List.of(), false, 6));
        when(inventory.awaitEventsAfter(anyLong(), anyInt(), any())).thenAnswer(call -> {
            end.await();
            throw new InterruptedException("the end of the test");
        });

        open("192.0.2.1");
        open("192.0.2.1");

        MvcTestResult refused = open("192.0.2.1");
        assertProblem(refused, ProblemCode.TOO_MANY_REQUESTS);
        assertThat(refused).hasHeader(HttpHeaders.RETRY_AFTER, "1");
        assertThat(open("192.0.2.2")).hasStatusOk();

        end.countDown();
        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(open("192.0.2.1")).hasStatusOk());
    }

    private MvcTestResult open(String address) {
        return mvc.get()
                .uri("/api/v1/events")
                .accept(MediaType.TEXT_EVENT_STREAM)
                .with(request -> {
                    request.setRemoteAddr(address);
                    return request;
                })
                .asyncExchange();
    }

    private MvcTestResult stream(String lastEventId) {
        return mvc.get()
                .uri("/api/v1/events")
                .header(HttpHeaders.ACCEPT, MediaType.TEXT_EVENT_STREAM_VALUE)
                .header("Last-Event-ID", lastEventId)
                .exchange(Duration.ofSeconds(10));
    }

    private static String body(MvcTestResult result) {
        return new String(result.getResponse().getContentAsByteArray(), StandardCharsets.UTF_8);
    }
}
