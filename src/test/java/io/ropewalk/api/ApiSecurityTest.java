package io.ropewalk.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.verifyNoInteractions;

import io.ropewalk.inventory.Inventory;
import io.ropewalk.inventory.Terms;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mockito.Mockito;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Primary;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.test.web.servlet.assertj.MockMvcTester;
import org.springframework.test.web.servlet.assertj.MvcTestResult;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;

/** Who may do what where there are tokens. */
@SpringBootTest(
        classes = {ApiSlice.class, ApiSecurityTest.Tokens.class},
        properties = "management.endpoint.health.validate-group-membership=false")
class ApiSecurityTest {
    @Autowired
    private MockMvcTester mvc;

    @Autowired
    private Inventory inventory;

    @Autowired
    @Qualifier("requestMappingHandlerMapping") private RequestMappingHandlerMapping operations;

    /** One token for each role: the role's name in lower case, twice. */
    static class Tokens {
        @Bean
        @Primary
        AccessTokens accessTokens() {
            return new AccessTokens(List.of(of(Role.VIEWER), of(Role.OPERATOR), of(Role.ADMIN)));
        }

        private static AccessTokens.AccessToken of(Role role) {
            return new AccessTokens.AccessToken("some-" + role, AccessTokens.sha256(token(role)), role);
        }
    }

    private static String token(Role role) {
        return role + "-" + role;
    }

    /** An operation of the contract, with x for every name. */
    private record Operation(HttpMethod method, String path) {
        boolean isSafe() {
            return method == HttpMethod.GET;
        }

        boolean isSteering() {
            return path.matches("/api/v1/geoms/x(/paths/x)?:(fail|drain|restore|prefer|rotate)");
        }
    }

    @BeforeEach
    void forget() {
        Mockito.reset(inventory);
    }

    private List<Operation> operations() {
        return operations.getHandlerMethods().keySet().stream()
                .flatMap(mapping -> mapping.getPatternValues().stream()
                        .filter(path -> path.startsWith(Api.BASE))
                        .flatMap(path -> mapping.getMethodsCondition().getMethods().stream()
                                .map(method ->
                                        new Operation(method.asHttpMethod(), path.replaceAll("\\{[^}]*\\}", "x")))))
                .distinct()
                .toList();
    }

    private MvcTestResult send(HttpMethod method, String path, String authorization) {
        String accepted = path.endsWith("yaml") ? "*/*" : "application/json";
        var request = mvc.method(method).uri(path).header(HttpHeaders.ACCEPT, accepted);
        return (authorization.isEmpty() ? request : request.header(HttpHeaders.AUTHORIZATION, authorization))
                .exchange();
    }

    private MvcTestResult send(HttpMethod method, String path, Role role) {
        return send(method, path, "Bearer " + token(role));
    }

    @Test
    void nothingIsDoneForWhoSendsNoToken() {
        assertThat(operations()).hasSizeGreaterThan(20).allSatisfy(operation -> {
            MvcTestResult result = send(operation.method(), operation.path(), "");

            ApiTestBase.assertProblem(result, ProblemCode.UNAUTHENTICATED);
            assertThat(result).hasHeader(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
        });
        verifyNoInteractions(inventory);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Bearer",
                "Bearer ",
                "Bearer VIEWER-VIEWE",
                "Bearer VIEWER-VIEWER2",
                "Bearer viewer-viewer",
                "Bearer ADMIN-ADMIN, Bearer ADMIN-ADMIN",
                "Basic QURNSU46QURNSU4=",
                "ADMIN-ADMIN",
                "Bearer \u00e4"
            })
    void aTokenThatNobodyHasIsNone(String authorization) {
        MvcTestResult result = send(HttpMethod.GET, "/api/v1/system", authorization);

        ApiTestBase.assertProblem(result, ProblemCode.UNAUTHENTICATED);
        assertThat(result.getResponse().getHeader(HttpHeaders.WWW_AUTHENTICATE)).startsWith("Bearer");
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void eachRoleMayDoWhatIsItsOwnAndNothingElse(Role role) {
        Set<String> refused = new TreeSet<>();
        Set<String> expected = new TreeSet<>();
        for (Operation operation : operations()) {
            MvcTestResult result = send(operation.method(), operation.path(), role);
            assertThat(result.getResponse().getStatus()).isNotEqualTo(HttpStatus.UNAUTHORIZED.value());
            if (result.getResponse().getStatus() == HttpStatus.FORBIDDEN.value()) {
                ApiTestBase.assertProblem(result, ProblemCode.FORBIDDEN);
                refused.add(operation.toString());
            }
            Role needed = operation.isSafe() && !operation.path().endsWith("/audit")
                    ? Role.VIEWER
                    : operation.isSteering() ? Role.OPERATOR : Role.ADMIN;
            if (needed.compareTo(role) > 0) {
                expected.add(operation.toString());
            }
        }

        assertThat(refused).isEqualTo(expected);
        assertThat(operations().stream().filter(Operation::isSteering)).hasSize(5);
    }

    @Test
    void aRefusalSaysWhoIsRefused() {
        MvcTestResult result = send(HttpMethod.DELETE, "/api/v1/geoms/disk1", Role.OPERATOR);

        ApiTestBase.assertProblem(result, ProblemCode.FORBIDDEN);
        assertThat(result).bodyJson().extractingPath("$.detail").asString().contains("some-OPERATOR");
        verifyNoInteractions(inventory);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/v1/geoms/x:stop",
                "/api/v1/geoms/x/paths/x:remove",
                "/api/v1/geoms/x:rotate/",
                "/api/v1/geoms/x/paths/x/y:fail",
                "/api/v1/devices/x:fail",
                "/api/v1/geoms/x:stop:rotate",
                "/api/v1/geoms/x/paths/x%3Afail/..",
                "/elsewhere"
            })
    void whatLooksLikeAnOperatorsVerbIsNone(String path) {
        MvcTestResult result = mvc.post()
                .uri(java.net.URI.create(path))
                .header(HttpHeaders.AUTHORIZATION, "Bearer " + token(Role.OPERATOR))
                .exchange();

        assertThat(result.getResponse().getStatus()).isIn(400, 403);
        verifyNoInteractions(inventory);
    }

    @Test
    void theActorIsTheNameOfTheToken() {
        send(HttpMethod.POST, "/api/v1/geoms/disk1:stop", Role.ADMIN);

        verify(inventory).stopGeom(eq("disk1"), eq(Terms.NONE.withActor("some-ADMIN")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v3/api-docs", "/v3/api-docs.yaml", "/swagger-ui/index.html"})
    void theContractIsOpenToRead(String path) {
        assertThat(send(HttpMethod.GET, path, "")).hasStatusOk();
        ApiTestBase.assertProblem(send(HttpMethod.POST, path, ""), ProblemCode.UNAUTHENTICATED);
    }

    @Test
    void whatIsNotThereIsNotToldToStrangers() {
        ApiTestBase.assertProblem(send(HttpMethod.GET, "/elsewhere", ""), ProblemCode.UNAUTHENTICATED);
        ApiTestBase.assertProblem(send(HttpMethod.GET, "/elsewhere", Role.VIEWER), ProblemCode.NOT_FOUND);
    }
}
