package io.ropewalk.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyBoolean;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.ropewalk.engine.GeomState;
import io.ropewalk.engine.GeomType;
import io.ropewalk.engine.Mode;
import io.ropewalk.engine.Policies;
import io.ropewalk.inventory.GeomSettings;
import io.ropewalk.inventory.GeomSpec;
import io.ropewalk.inventory.Problem;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mockito.ArgumentCaptor;
import org.springframework.http.HttpStatus;
import org.springframework.test.web.servlet.assertj.MvcTestResult;

class GeomsControllerTest extends ApiTestBase {

    @Test
    void aGeomLooksAsTheContractSays() {
        when(inventory.geom("disk1")).thenReturn(Samples.geom("disk1"));

        MvcTestResult result = get("/geoms/disk1");

        assertThat(result).hasStatusOk().hasHeader("ETag", "\"7\"").hasHeader("Cache-Control", "no-store");
        assertThat(result).bodyJson().isStrictlyEqualTo("""
                {"name":"disk1","uuid":null,"type":"MANUAL","mode":"ACTIVE_PASSIVE","state":"DEGRADED",
                 "sizeBytes":67108864,"sectorSize":512,"activePaths":["d1"],
                 "paths":[
                  {"device":"d1","state":"ACTIVE","reason":null,"detail":null,"since":"2026-01-02T03:04:05.678Z","inFlight":3},
                  {"device":"d2","state":"FAIL","reason":"TIMEOUT","detail":"no answer within PT2S",
                   "since":"2026-01-02T03:04:05.678Z","inFlight":0}],
                 "policies":{"attemptTimeout":"PT2S","quiesce":"PT30S","cache":"SHARED","restore":"AUTO","failback":"MANUAL",
                  "hedgeAfter":null,"noPath":{"queueFor":"PT0S","maxRequests":10000,"maxBytes":268435456}},
                 "export":{"name":"disk1","uri":"nbd://127.0.0.1:10809/disk1","sessions":1},"generation":7}
                """);
    }

    @Test
    void ifNoneMatchNeverHidesHowThePathsAreNow() {
        when(inventory.geom("disk1")).thenReturn(Samples.geom("disk1"));

        assertThat(mvc.get().uri("/api/v1/geoms/disk1").header("If-None-Match", "\"7\""))
                .hasStatusOk();
    }

    @Test
    void aListingCanBeFilteredByState() {
        when(inventory.geoms())
                .thenReturn(List.of(
                        Samples.geom("a", GeomState.OPTIMAL, Policies.DEFAULT),
                        Samples.geom("b", GeomState.DEGRADED, Policies.DEFAULT),
                        Samples.geom("c", GeomState.BROKEN, Policies.DEFAULT)));

        assertThat(get("/geoms?state=BROKEN&state=DEGRADED"))
                .bodyJson()
                .extractingPath("$.items[*].name")
                .asArray()
                .containsExactly("b", "c");
        assertThat(get("/geoms")).bodyJson().extractingPath("$.items").asArray().hasSize(3);
    }

    @Test
    void theBasicViewLeavesOutWhatIsLong() {
        when(inventory.geoms()).thenReturn(List.of(Samples.geom("disk1")));

        assertThat(get("/geoms?view=basic"))
                .bodyJson()
                .doesNotHavePath("$.items[0].paths")
                .doesNotHavePath("$.items[0].policies")
                .doesNotHavePath("$.items[0].export")
                .hasPath("$.items[0].state");
        assertThat(get("/geoms?view=full")).bodyJson().hasPath("$.items[0].paths");
    }

    @Test
    void aListingComesPageByPage() {
        when(inventory.geoms()).thenReturn(List.of(Samples.geom("a"), Samples.geom("b"), Samples.geom("c")));

        MvcTestResult first = get("/geoms?pageSize=2");
        assertThat(first).bodyJson().extractingPath("$.items[*].name").asArray().containsExactly("a", "b");
        String token = com.jayway.jsonpath.JsonPath.read(body(first), "$.nextPageToken");

        MvcTestResult second = get("/geoms?pageSize=2&pageToken=" + token);
        assertThat(second)
                .bodyJson()
                .extractingPath("$.items[*].name")
                .asArray()
                .containsExactly("c");
        assertThat(second).bodyJson().extractingPath("$.nextPageToken").isNull();
    }

    private static String body(MvcTestResult result) {
        return new String(result.getResponse().getContentAsByteArray(), java.nio.charset.StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @CsvSource({
        "pageSize=0, pageSize",
        "pageSize=1001, pageSize",
        "pageSize=x, pageSize",
        "pageToken=%25%25, pageToken",
        "pageToken=never-issued, pageToken",
        "pageToken=zzzz, pageToken",
        "pageToken=LS0t, pageToken",
        "pageToken=ZGlzazE%3D, pageToken",
        "state=NICE, state",
        "view=long, view",
        "dryRun=true, dryRun",
        "pagesize=3, pagesize"
    })
    void whatIsNoParameterIsRefused(String query, String name) {
        assertViolation(get("/geoms?" + query), ProblemCode.INVALID_PARAMETER, name, "");
    }

    @Test
    void aGeomIsMadeOfDevicesWithDefaults() {
        when(inventory.createGeom(any(), anyBoolean(), any())).thenReturn(Samples.geom("disk1"));

        MvcTestResult result = post("/geoms", """
                {"name":"disk1","paths":["d1","d2"]}""");

        assertThat(result)
                .hasStatus(HttpStatus.CREATED)
                .hasHeader("Location", "/api/v1/geoms/disk1")
                .hasHeader("ETag", "\"7\"");
        verify(inventory)
                .createGeom(
                        GeomSpec.manual("disk1", Mode.ACTIVE_PASSIVE, Policies.DEFAULT, List.of("d1", "d2")),
                        false,
                        TERMS);
    }

    @Test
    void everythingOfANewGeomCanBeSaid() {
        when(inventory.createGeom(any(), anyBoolean(), any())).thenReturn(Samples.geom("disk1"));

        assertThat(post("/geoms?force=true", """
                {"name":"disk1","mode":"ACTIVE_READ","type":"AUTOMATIC","paths":["d1"],
                 "policies":{"attemptTimeout":"PT0.5S","quiesce":"PT1M","cache":"PER_PATH","restore":"MANUAL",
                  "failback":"AFTER(PT5M)","hedgeAfter":"PT0.02S",
                  "noPath":{"queueFor":"PT10S","maxRequests":5,"maxBytes":6}}}""")).hasStatus(HttpStatus.CREATED);

        Policies policies = new Policies(
                Duration.ofMillis(500),
                Duration.ofMinutes(1),
                Policies.Cache.PER_PATH,
                Policies.Restore.MANUAL,
                Duration.ofMinutes(5),
                Duration.ofMillis(20),
                new Policies.NoPath(Duration.ofSeconds(10), 5, 6));
        verify(inventory)
                .createGeom(
                        new GeomSpec("disk1", GeomType.AUTOMATIC, Mode.ACTIVE_READ, policies, List.of("d1")),
                        true,
                        TERMS);
    }

    @Test
    void aDryRunCreatesNothingAndSaysSo() {
        when(inventory.createGeom(any(), anyBoolean(), any())).thenReturn(Samples.geom("disk1"));

        assertThat(post("/geoms?dryRun=true", """
                {"name":"disk1","paths":["d1"]}""")).hasStatusOk().doesNotContainHeader("Location");

        verify(inventory).createGeom(any(), eq(false), eq(TERMS.withDryRun(true)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"paths":["a"]}                                                            | name                          | is missing
            {"name":"x"}                                                               | paths                         | is missing
            {"name":"x","paths":[]}                                                    | paths                         | 1 to 64
            {"name":"x","paths":["a",null]}                                            | paths[1]                      | not be null
            {"name":"x","paths":"a"}                                                   | paths                         | an array
            {"name":5,"paths":["a"]}                                                   | name                          | a string
            {"name":"x","paths":["a"],"mode":"FAST"}                                   | mode                          | ACTIVE_PASSIVE
            {"name":"x","paths":["a"],"path":"b"}                                      | path                          | is unknown
            {"name":"x","paths":["a"],"policies":{"attemptTimeout":2}}                 | policies.attemptTimeout       | a string
            {"name":"x","paths":["a"],"policies":{"attemptTimeout":"2s"}}              | policies.attemptTimeout       | ISO-8601
            {"name":"x","paths":["a"],"policies":{"noPath":{"maxRequests":1.5}}}       | policies.noPath.maxRequests   | a number
            {"name":"x","paths":["a"],"policies":{"hedge":"PT1S"}}                     | policies.hedge                | is unknown
            """)
    void aBodyOfAnotherShapeIsRefusedMemberByMember(String body, String field, String message) {
        assertViolation(post("/geoms", body), ProblemCode.INVALID_BODY, field, message);
        verify(inventory, never()).createGeom(any(), anyBoolean(), any());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"attemptTimeout":"PT0S"}               | policies.attemptTimeout
            {"quiesce":"PT2H"}                      | policies.quiesce
            {"failback":"LATER"}                    | policies.failback
            {"failback":"AFTER(PT48H)"}             | policies.failback
            {"failback":"AFTER(5m)"}                | policies.failback
            {"hedgeAfter":"PT0S"}                   | policies.hedgeAfter
            {"noPath":{"queueFor":"PT48H"}}         | policies.noPath.queueFor
            {"noPath":{"maxRequests":-1}}           | policies.noPath.maxRequests
            {"noPath":{"maxBytes":-1}}              | policies.noPath.maxBytes
            """)
    void aPolicyOutOfItsRangeIsRefused(String policies, String field) {
        String body = "{\"name\":\"x\",\"paths\":[\"a\"],\"policies\":" + policies + "}";

        assertViolation(post("/geoms", body), ProblemCode.INVALID_VALUE, field, "must");
    }

    @Test
    void everyPolicyOutOfItsRangeIsNamed() {
        when(inventory.geom("disk1")).thenReturn(Samples.geom("disk1"));
        String policies = """
                {"attemptTimeout":"PT0S","quiesce":"PT2H","cache":"SHARED","failback":"LATER","hedgeAfter":"PT0S",
                 "noPath":{"queueFor":"PT48H","maxRequests":-1,"maxBytes":-1}}""";

        for (MvcTestResult answer : List.of(
                post("/geoms", "{\"name\":\"x\",\"paths\":[\"a\"],\"policies\":" + policies + "}"),
                patch("/geoms/disk1", "{\"policies\":" + policies + "}"))) {
            assertProblem(answer, ProblemCode.INVALID_VALUE);
            assertThat(answer)
                    .bodyJson()
                    .extractingPath("$.violations[*].field")
                    .asArray()
                    .containsExactly(
                            "policies.attemptTimeout",
                            "policies.quiesce",
                            "policies.failback",
                            "policies.hedgeAfter",
                            "policies.noPath.queueFor",
                            "policies.noPath.maxRequests",
                            "policies.noPath.maxBytes");
        }
        verify(inventory, never()).createGeom(any(), anyBoolean(), any());
        verify(inventory, never()).configureGeom(any(), any(), any());
    }

    @Test
    void aPolicyThatIsNullStaysSoWhereAPatchDoesNotNameIt_whateverItsDefaultIsNow() {
        when(inventory.defaultPolicies()).thenReturn(Policies.DEFAULT.withHedgeAfter(Duration.ofSeconds(1)));
        GeomSettings before = new GeomSettings(Mode.ACTIVE_READ, Policies.DEFAULT);

        assertThat(patched("""
                {"mode":"ACTIVE_ACTIVE"}""", before)).isEqualTo(new GeomSettings(Mode.ACTIVE_ACTIVE, Policies.DEFAULT));
    }

    @Test
    void aPatchChangesOnlyWhatItNames() {
        GeomSettings before = new GeomSettings(
                Mode.ACTIVE_READ,
                Policies.DEFAULT.withHedgeAfter(Duration.ofSeconds(1)).withRestore(Policies.Restore.MANUAL));

        GeomSettings after = patched("""
                {"policies":{"attemptTimeout":"PT1S","hedgeAfter":null}}""", before);

        assertThat(after)
                .isEqualTo(new GeomSettings(
                        Mode.ACTIVE_READ,
                        Policies.DEFAULT
                                .withRestore(Policies.Restore.MANUAL)
                                .withAttemptTimeout(Duration.ofSeconds(1))));
    }

    @Test
    void nullInAPatchGoesBackToTheDefault() {
        GeomSettings before =
                new GeomSettings(Mode.ACTIVE_READ, Policies.DEFAULT.withAttemptTimeout(Duration.ofSeconds(9)));

        assertThat(patched("""
                {"mode":null,"policies":null}""", before)).isEqualTo(new GeomSettings(Mode.ACTIVE_PASSIVE, Policies.DEFAULT));
    }

    @SuppressWarnings("unchecked")
    private GeomSettings patched(String patch, GeomSettings before) {
        when(inventory.geom("disk1")).thenReturn(Samples.geom("disk1"));
        when(inventory.configureGeom(eq("disk1"), any(), any())).thenReturn(Samples.geom("disk1"));

        assertThat(patch("/geoms/disk1", patch)).hasStatusOk().hasHeader("ETag", "\"7\"");

        ArgumentCaptor<UnaryOperator<GeomSettings>> change = ArgumentCaptor.forClass(UnaryOperator.class);
        verify(inventory).configureGeom(eq("disk1"), change.capture(), eq(TERMS));
        return change.getValue().apply(before);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"name":"disk2"}                            | name                          | is unknown
            {"mode":"FAST"}                             | mode                          | ACTIVE_PASSIVE
            {"policies":5}                              | policies                      | an object
            {"policies":{"attemptTimeout":"soon"}}      | policies.attemptTimeout       | ISO-8601
            """)
    void aPatchOfAnotherShapeIsRefused(String body, String field, String message) {
        when(inventory.geom("disk1")).thenReturn(Samples.geom("disk1"));

        assertViolation(patch("/geoms/disk1", body), ProblemCode.INVALID_BODY, field, message);
        verify(inventory, never()).configureGeom(any(), any(), any());
    }

    @Test
    void aPatchWithAValueOutOfRangeIsRefused() {
        when(inventory.geom("disk1")).thenReturn(Samples.geom("disk1"));

        assertViolation(patch("/geoms/disk1", """
                        {"policies":{"attemptTimeout":"PT1H"}}"""), ProblemCode.INVALID_VALUE, "policies.attemptTimeout", "PT10M");
    }

    @Test
    void aPatchThatIsNoObjectIsRefused() {
        assertProblem(patch("/geoms/disk1", "[]"), ProblemCode.INVALID_BODY);
    }

    @Test
    void ifMatchReachesTheInventory() {
        when(inventory.rotateGeom(any(), any())).thenReturn(Samples.geom("disk1"));

        assertThat(mvc.post().uri("/api/v1/geoms/disk1:rotate").header("If-Match", "\"6\""))
                .hasStatusOk();
        assertThat(mvc.post().uri("/api/v1/geoms/disk1:rotate").header("If-Match", "*"))
                .hasStatusOk();

        verify(inventory).rotateGeom("disk1", TERMS.withIfGeneration(6L));
        verify(inventory).rotateGeom("disk1", TERMS);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"W/\"6\"", "6", "\"six\"", "\"6\", \"7\""})
    void ifMatchOfAnotherFormIsRefused(String tag) {
        assertViolation(
                mvc.post()
                        .uri("/api/v1/geoms/disk1:rotate")
                        .header("If-Match", tag)
                        .exchange(),
                ProblemCode.INVALID_PARAMETER,
                "If-Match",
                "strong ETag");
    }

    @Test
    void verbsThatEndAGeomAnswerWithNothing() {
        assertThat(post("/geoms/disk1:stop")).hasStatus(HttpStatus.NO_CONTENT);
        assertThat(delete("/geoms/disk1")).hasStatus(HttpStatus.NO_CONTENT);
        assertThat(delete("/geoms/disk1?force=true&dryRun=true")).hasStatus(HttpStatus.NO_CONTENT);

        verify(inventory).stopGeom("disk1", TERMS);
        verify(inventory).destroyGeom("disk1", false, TERMS);
        verify(inventory).destroyGeom("disk1", true, TERMS.withDryRun(true));
    }

    @Test
    void activePathsAreNamed() {
        when(inventory.activePaths("disk1")).thenReturn(List.of("d2", "d1"));

        assertThat(get("/geoms/disk1/active")).bodyJson().isStrictlyEqualTo("""
                {"paths":["d2","d1"]}""");
    }

    @Test
    void aColonBelongsToAVerbOnly() {
        assertProblem(get("/geoms/disk1:rotated"), ProblemCode.NOT_FOUND);
        assertProblem(post("/geoms/disk1:fail"), ProblemCode.NOT_FOUND);
        assertProblem(post("/geoms/a:b:rotate"), ProblemCode.NOT_FOUND);
        assertProblem(get("/geoms/disk1:rotate"), ProblemCode.METHOD_NOT_ALLOWED);
        verify(inventory, never()).geom(any());
    }

    @Test
    void aRefusalOfTheInventoryIsAProblem() {
        when(inventory.geom("disk1")).thenThrow(Samples.refusal(Problem.GEOM_NOT_FOUND));

        MvcTestResult result = get("/geoms/disk1");

        assertProblem(result, ProblemCode.GEOM_NOT_FOUND);
        assertThat(result).bodyJson().extractingPath("$.detail").isEqualTo("It is so.");
        assertThat(result).bodyJson().extractingPath("$.correction").isEqualTo("Do that.");
        assertThat(result).bodyJson().extractingPath("$.resource").isEqualTo("geom disk1");
        assertThat(result).bodyJson().extractingPath("$.instance").isEqualTo("/api/v1/geoms/disk1");
    }

    @Test
    void failbackIsSaidInWords() {
        assertThat(Failback.write(null)).isEqualTo("MANUAL");
        assertThat(Failback.write(Duration.ZERO)).isEqualTo("IMMEDIATE");
        assertThat(Failback.write(Duration.ofMinutes(5))).isEqualTo("AFTER(PT5M)");
        assertThat(Failback.read("AFTER(PT5M)", Duration::parse)).isEqualTo(Duration.ofMinutes(5));
        assertThat(Failback.read("IMMEDIATE", Duration::parse)).isEqualTo(Duration.ZERO);
        assertThat(Failback.read("MANUAL", Duration::parse)).isNull();
        assertThatThrownBy(() -> Failback.read("PT5M", Duration::parse)).isInstanceOf(IllegalArgumentException.class);
    }
}
