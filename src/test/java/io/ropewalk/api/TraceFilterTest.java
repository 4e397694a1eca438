package io.ropewalk.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.test.web.servlet.assertj.MvcTestResult;

/** Problems carry the trace id of their request. */
class TraceFilterTest extends ApiTestBase {
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

    @Test
    void theTraceOfTheCallerIsKept() {
        assertThat(problemOf("00-" + TRACE + "-00f067aa0ba902b7-01"))
                .bodyJson()
                .extractingPath("$.traceId")
                .isEqualTo(TRACE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "nonsense",
                "00-" + TRACE,
                "ff-" + TRACE + "-00f067aa0ba902b7-01",
                "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                "00-" + TRACE + "-0000000000000000-01",
                "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"
            })
    void whateverElseItSends_thereIsANewOne(String traceparent) {
        MvcTestResult first = problemOf(traceparent);

        assertThat(first)
                .bodyJson()
                .extractingPath("$.traceId")
                .asString()
                .matches("[0-9a-f]{32}")
                .isNotEqualTo(TRACE);
        assertThat(problemOf(traceparent))
                .bodyJson()
                .extractingPath("$.traceId")
                .isNotEqualTo(bodyTrace(first));
        assertThat(TraceFilter.current()).as("nothing stays on the thread").isNull();
    }

    private static Object bodyTrace(MvcTestResult result) {
        try {
            return com.jayway.jsonpath.JsonPath.read(result.getResponse().getContentAsString(), "$.traceId");
        } catch (java.io.UnsupportedEncodingException e) {
            throw new AssertionError(e);
        }
    }

    private MvcTestResult problemOf(String traceparent) {
        return mvc.get()
                .uri("/api/v1/nothing")
                .header("traceparent", traceparent)
                .exchange();
    }
}
