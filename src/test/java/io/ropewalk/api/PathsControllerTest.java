package io.ropewalk.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.ropewalk.inventory.LastPath;
import io.ropewalk.inventory.PathAdded;
import io.ropewalk.inventory.PathDecision;
import io.ropewalk.inventory.PathExplanation;
import io.ropewalk.inventory.Problem;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpStatus;

class PathsControllerTest extends ApiTestBase {

    @Test
    void pathsComeInTheOrderTheyWereAdded() {
        when(inventory.paths("disk1")).thenReturn(List.of(Samples.FAILED, Samples.ACTIVE));

        assertThat(get("/geoms/disk1/paths"))
                .bodyJson()
                .extractingPath("$.items[*].device")
                .asArray()
                .containsExactly("d2", "d1");
    }

    @Test
    void onePathIsShown() {
        when(inventory.path("disk1", "d2")).thenReturn(Samples.FAILED);

        assertThat(get("/geoms/disk1/paths/d2"))
                .bodyJson()
                .extractingPath("$.reason")
                .isEqualTo("TIMEOUT");
    }

    @Test
    void aNewPathIsCreatedAndAKnownOneIsNot() {
        when(inventory.addPath("disk1", "d1", TERMS)).thenReturn(new PathAdded(Samples.ACTIVE, true));
        when(inventory.addPath("disk1", "d2", TERMS)).thenReturn(new PathAdded(Samples.FAILED, false));
        when(inventory.addPath("disk1", "d1", TERMS.withDryRun(true))).thenReturn(new PathAdded(Samples.ACTIVE, true));

        assertThat(put("/geoms/disk1/paths/d1"))
                .hasStatus(HttpStatus.CREATED)
                .hasHeader("Location", "/api/v1/geoms/disk1/paths/d1");
        assertThat(put("/geoms/disk1/paths/d2")).hasStatusOk();
        assertThat(put("/geoms/disk1/paths/d1?dryRun=true")).hasStatusOk();
    }

    @Test
    void removingTheLastPathIsAskedForByName() {
        assertThat(delete("/geoms/disk1/paths/d1")).hasStatus(HttpStatus.NO_CONTENT);
        assertThat(delete("/geoms/disk1/paths/d1?lastPath=destroy")).hasStatus(HttpStatus.NO_CONTENT);

        verify(inventory).removePath("disk1", "d1", LastPath.REFUSE, TERMS);
        verify(inventory).removePath("disk1", "d1", LastPath.DESTROY, TERMS);
        assertViolation(
                delete("/geoms/disk1/paths/d1?lastPath=keep"),
                ProblemCode.INVALID_PARAMETER,
                "lastPath",
                "refuse, destroy");
    }

    @Test
    void verbsTakeAReasonOrNone() {
        when(inventory.failPath(any(), any(), any(), any())).thenReturn(Samples.FAILED);
        when(inventory.restorePath(any(), any(), any(), any())).thenReturn(Samples.ACTIVE);
        when(inventory.preferPath(any(), any(), any(), any())).thenReturn(Samples.ACTIVE);

        assertThat(post("/geoms/disk1/paths/d2:fail", "{\"reason\":\"drill\"}"))
                .bodyJson()
                .extractingPath("$.state")
                .isEqualTo("FAIL");
        assertThat(post("/geoms/disk1/paths/d2:restore")).hasStatusOk();
        assertThat(post("/geoms/disk1/paths/d2:prefer", "{}")).hasStatusOk();

        verify(inventory).failPath("disk1", "d2", "drill", TERMS);
        verify(inventory).restorePath("disk1", "d2", null, TERMS);
        verify(inventory).preferPath("disk1", "d2", null, TERMS);
    }

    @Test
    void aDrainIsForcedByName() {
        when(inventory.drainPath("disk1", "d2", "cable", false, TERMS)).thenThrow(Samples.refusal(Problem.LAST_PATH));
        when(inventory.drainPath("disk1", "d2", "cable", true, TERMS)).thenReturn(Samples.FAILED);

        assertProblem(post("/geoms/disk1/paths/d2:drain", "{\"reason\":\"cable\"}"), ProblemCode.LAST_PATH);
        assertThat(post("/geoms/disk1/paths/d2:drain?force=true", "{\"reason\":\"cable\"}"))
                .hasStatusOk()
                .bodyJson()
                .extractingPath("$.state")
                .isEqualTo("FAIL");
    }

    @Test
    void aReasonHasALength() {
        assertViolation(
                post("/geoms/disk1/paths/d2:fail", "{\"reason\":\"" + "x".repeat(201) + "\"}"),
                ProblemCode.INVALID_BODY,
                "reason",
                "200");
    }

    @Test
    void refusalsAreProblems() {
        when(inventory.preferPath(any(), any(), any(), any())).thenThrow(Samples.refusal(Problem.PATH_NOT_USABLE));
        when(inventory.path(any(), any())).thenThrow(Samples.refusal(Problem.PATH_NOT_FOUND));

        assertProblem(post("/geoms/disk1/paths/d2:prefer"), ProblemCode.PATH_NOT_USABLE);
        assertProblem(get("/geoms/disk1/paths/d2"), ProblemCode.PATH_NOT_FOUND);
    }

    @Test
    void aPathIsExplained() {
        PathDecision chosen = new PathDecision(Samples.THEN, PathDecision.Kind.CHOSEN, "It became the active path.");
        when(inventory.explainPath("disk1", "d1"))
                .thenReturn(new PathExplanation(Samples.ACTIVE, "It is the active path.", List.of(chosen)));

        assertThat(get("/geoms/disk1/paths/d1/explain"))
                .hasStatusOk()
                .bodyJson()
                .isLenientlyEqualTo("""
                {"path": {"device": "d1", "state": "ACTIVE"}, "why": "It is the active path.",
                 "decisions": [{"time": "2026-01-02T03:04:05.678Z", "decision": "CHOSEN",
                                "why": "It became the active path."}]}""");
    }
}
