package io.ropewalk.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyBoolean;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.ropewalk.inventory.Problem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.MediaType;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.test.web.servlet.assertj.MvcTestResult;

/** Whatever a client sends: a problem, with a code, and never our fault. */
class ProblemsTest extends ApiTestBase {

    @ParameterizedTest
    @EnumSource(Problem.class)
    void everyProblemOfTheInventoryHasItsCodeHere(Problem problem) {
        when(inventory.geom("disk1")).thenThrow(Samples.refusal(problem));

        assertProblem(get("/geoms/disk1"), ProblemCode.of(problem));
        assertThat(ProblemCode.of(problem).code()).isEqualTo(problem.code());
    }

    @Test
    void whatMayPassComesWithATimeToTryAgain() {
        when(inventory.geom("disk1")).thenThrow(Samples.refusal(Problem.BUSY));

        assertThat(get("/geoms/disk1")).hasHeader("Retry-After", "1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{",
                "{\"name\":\"x\"",
                "nonsense",
                "{\"name\":\"x\",\"name\":\"y\"}",
                "\0",
                "{} {}",
                "{'name':1}"
            })
    void whatIsNoJsonIsRefused(String body) {
        MvcTestResult result = post("/geoms", body);

        assertThat(result).hasStatus4xxClientError();
        assertThat(result)
                .bodyJson()
                .extractingPath("$.code")
                .isIn(ProblemCode.MALFORMED_JSON.code(), ProblemCode.INVALID_BODY.code());
        verify(inventory, never()).createGeom(any(), anyBoolean(), any());
    }

    @Test
    void aNumberThatIsTooLargeIsNamedAndNotCalledBadJson() {
        MvcTestResult result = post(
                "/geoms",
                "{\"name\":\"x\",\"paths\":[\"a\"],\"policies\":{\"noPath\":{\"maxBytes\":99999999999999999999}}}");

        assertProblem(result, ProblemCode.INVALID_BODY);
        assertThat(result).bodyJson().extractingPath("$.violations[0].field").isEqualTo("policies.noPath.maxBytes");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "null", "[]", "5", "\"x\"", "true"})
    void jsonThatIsNoObjectIsRefused(String body) {
        assertProblem(post("/geoms", body), ProblemCode.INVALID_BODY);
    }

    @Test
    void anUnknownPathIsRefused() {
        assertProblem(get("/geom"), ProblemCode.NOT_FOUND);
        assertProblem(get("/geoms/disk1/nothing"), ProblemCode.NOT_FOUND);
        assertProblem(mvc.get().uri("/elsewhere").exchange(), ProblemCode.NOT_FOUND);
        assertProblem(get("/geoms/"), ProblemCode.NOT_FOUND);
    }

    @Test
    void aMethodThatTheResourceDoesNotKnowIsRefused() {
        MvcTestResult result = mvc.put().uri("/api/v1/geoms").exchange();

        assertProblem(result, ProblemCode.METHOD_NOT_ALLOWED);
        assertThat(result.getResponse().getHeader("Allow")).contains("GET", "POST");
    }

    @Test
    void aBodyOfAnotherMediaTypeIsRefused() {
        MvcTestResult result = mvc.post()
                .uri("/api/v1/geoms")
                .contentType(MediaType.TEXT_PLAIN)
                .content("{}")
                .exchange();

        assertProblem(result, ProblemCode.UNSUPPORTED_MEDIA_TYPE);
        assertProblem(mvc.post().uri("/api/v1/geoms").content("{}").exchange(), ProblemCode.UNSUPPORTED_MEDIA_TYPE);
        assertProblem(
                mvc.post()
                        .uri("/api/v1/geoms")
                        .header("Content-Type", "no type at all")
                        .content("{}")
                        .exchange(),
                ProblemCode.UNSUPPORTED_MEDIA_TYPE);
        MvcTestResult patch = mvc.patch()
                .uri("/api/v1/geoms/disk1")
                .contentType(MediaType.TEXT_PLAIN)
                .content("{}")
                .exchange();
        assertThat(patch).bodyJson().extractingPath("$.correction").asString().contains("merge-patch+json");
    }

    @Test
    void aFormThatWeDoNotHaveIsRefusedInTheFormThatWeHave() {
        assertProblem(
                mvc.get().uri("/api/v1/geoms").accept(MediaType.APPLICATION_XML).exchange(),
                ProblemCode.NOT_ACCEPTABLE);
        assertProblem(
                mvc.get().uri("/api/v1/geoms").header("Accept", "nonsense").exchange(), ProblemCode.NOT_ACCEPTABLE);
    }

    @Test
    void aBodyThatIsTooLargeIsRefusedWhetherItSaysSoOrNot() {
        String large = " ".repeat(BodyLimitFilter.MOST_BYTES + 1);

        assertProblem(post("/geoms", large), ProblemCode.BODY_TOO_LARGE);
        assertProblem(
                json(mvc.post().uri("/api/v1/geoms"), large)
                        .with(ProblemsTest::withoutLength)
                        .exchange(),
                ProblemCode.BODY_TOO_LARGE);
    }

    private static MockHttpServletRequest withoutLength(MockHttpServletRequest request) {
        MockHttpServletRequest other = new MockHttpServletRequest(request.getServletContext()) {
            @Override
            public int getContentLength() {
                return -1;
            }

            @Override
            public long getContentLengthLong() {
                return -1;
            }
        };
        other.setMethod(request.getMethod());
        other.setRequestURI(request.getRequestURI());
        other.setContentType(request.getContentType());
        other.setContent(request.getContentAsByteArray());
        return other;
    }

    @Test
    void aChangeAskedForByAnotherOriginIsRefused() {
        assertProblem(
                mvc.post()
                        .uri("/api/v1/geoms/disk1:rotate")
                        .header("Origin", "http://elsewhere.example")
                        .header("Host", "127.0.0.1:8080")
                        .exchange(),
                ProblemCode.CROSS_ORIGIN);
        assertProblem(
                mvc.post()
                        .uri("/api/v1/geoms/disk1:rotate")
                        .header("Origin", "null")
                        .header("Host", "127.0.0.1:8080")
                        .exchange(),
                ProblemCode.CROSS_ORIGIN);
        verify(inventory, never()).rotateGeom(any(), any());
    }

    @Test
    void ourOwnPagesMayChangeThings() {
        when(inventory.rotateGeom(any(), any())).thenReturn(Samples.geom("disk1"));

        assertThat(mvc.post()
                        .uri("/api/v1/geoms/disk1:rotate")
                        .header("Origin", "http://127.0.0.1:8080")
                        .header("Host", "127.0.0.1:8080"))
                .hasStatusOk();
    }

    @Test
    void ourFaultIsAProblemWithoutWordsOfOurs() {
        when(inventory.geoms()).thenThrow(new IllegalStateException("io.ropewalk.secret"));

        assertProblem(get("/geoms"), ProblemCode.INTERNAL_ERROR);
    }

    @Test
    void whatTheContainerRefusesIsAProblem() {
        MvcTestResult result = mvc.get()
                .uri("/error")
                .requestAttr(jakarta.servlet.RequestDispatcher.ERROR_STATUS_CODE, 503)
                .requestAttr(jakarta.servlet.RequestDispatcher.ERROR_REQUEST_URI, "/x")
                .exchange();

        assertProblem(result, ProblemCode.BUSY);
        assertThat(result).bodyJson().extractingPath("$.instance").isEqualTo("/x");
    }

    @Test
    void theFrontPageLeadsToSwaggerUi() {
        assertThat(mvc.get().uri("/")).hasStatus3xxRedirection().hasRedirectedUrl("/swagger-ui.html");
    }
}
