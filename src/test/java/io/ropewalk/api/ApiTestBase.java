package io.ropewalk.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.when;

import io.ropewalk.engine.Policies;
import io.ropewalk.inventory.Inventory;
import io.ropewalk.inventory.Terms;
import org.junit.jupiter.api.BeforeEach;
import org.mockito.Mockito;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.http.MediaType;
import org.springframework.test.web.servlet.assertj.MockMvcTester;
import org.springframework.test.web.servlet.assertj.MockMvcTester.MockMvcRequestBuilder;
import org.springframework.test.web.servlet.assertj.MvcTestResult;

/** What tests of resources share: an inventory that knows nothing yet, and short words for requests and answers. */
@ApiTest
abstract class ApiTestBase {
    static final Terms TERMS = Terms.NONE;

    @Autowired
    Inventory inventory;

    @Autowired
    MockMvcTester mvc;

    @BeforeEach
    void forget() {
        Mockito.reset(inventory);
        when(inventory.defaultPolicies()).thenReturn(Policies.DEFAULT);
    }

    MvcTestResult get(String path) {
        return mvc.get().uri("/api/v1" + path).exchange();
    }

    MvcTestResult delete(String path) {
        return mvc.delete().uri("/api/v1" + path).exchange();
    }

    MvcTestResult post(String path) {
        return mvc.post().uri("/api/v1" + path).exchange();
    }

    MvcTestResult post(String path, String body) {
        return json(mvc.post().uri("/api/v1" + path), body).exchange();
    }

    MvcTestResult put(String path) {
        return mvc.put().uri("/api/v1" + path).exchange();
    }

    MvcTestResult put(String path, String body) {
        return json(mvc.put().uri("/api/v1" + path), body).exchange();
    }

    MvcTestResult patch(String path, String body) {
        return mvc.patch()
                .uri("/api/v1" + path)
                .contentType("application/merge-patch+json")
                .content(body)
                .exchange();
    }

    static MockMvcRequestBuilder json(MockMvcRequestBuilder request, String body) {
        return request.contentType(MediaType.APPLICATION_JSON).content(body);
    }

    static void assertProblem(MvcTestResult result, ProblemCode code) {
        assertThat(result).hasStatus(code.status()).hasContentType(MediaType.APPLICATION_PROBLEM_JSON);
        assertThat(result)
                .bodyJson()
                .hasPathSatisfying("$.code", path -> assertThat(path).isEqualTo(code.code()))
                .hasPathSatisfying("$.type", path -> assertThat(path).isEqualTo("/problems/" + code.code()))
                .hasPathSatisfying("$.title", path -> assertThat(path).isEqualTo(code.title()))
                .hasPathSatisfying(
                        "$.status",
                        path -> assertThat(path).isEqualTo(code.status().value()))
                .hasPathSatisfying(
                        "$.detail", path -> assertThat(path).asString().endsWith("."))
                .hasPathSatisfying(
                        "$.correction", path -> assertThat(path).asString().endsWith("."))
                .hasPath("$.instance")
                .hasPath("$.violations");
        assertThat(result)
                .bodyText()
                .doesNotContain("Exception")
                .doesNotContain("java.")
                .doesNotContain("io.ropewalk");
    }

    static void assertViolation(MvcTestResult result, ProblemCode code, String field, String message) {
        assertProblem(result, code);
        assertThat(result).bodyJson().extractingPath("$.violations[0].field").isEqualTo(field);
        assertThat(result)
                .bodyJson()
                .extractingPath("$.violations[0].message")
                .asString()
                .contains(message);
    }
}
