package io.ropewalk.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every problem is explained, and its type leads there. */
class ProblemPagesTest extends ApiTestBase {
    private static final Path PAGE = Path.of("src", "docs", "problems.md");

    private static Map<String, String> sections() throws IOException {
        return ProblemPages.sections(Files.readString(PAGE));
    }

    @Test
    void thePageHasEveryCodeAndNoOther() throws IOException {
        assertThat(sections().keySet())
                .containsExactlyInAnyOrderElementsOf(Arrays.stream(ProblemCode.values())
                        .map(ProblemCode::code)
                        .toList());
    }

    @ParameterizedTest
    @EnumSource(ProblemCode.class)
    void aSectionSaysTheStatusWhatHappenedAndWhatToDo(ProblemCode code) throws IOException {
        assertThat(sections().get(code.code()))
                .matches("(?s)" + code.status().value()
                        + "\\. \\*\\*What happened\\.\\*\\* .{20,}\\*\\*What to do\\.\\*\\* .{20,}");
    }

    @ParameterizedTest
    @EnumSource(ProblemCode.class)
    void theTypeLeadsToTheSection(ProblemCode code) {
        assertThat(mvc.get().uri(code.type()))
                .hasStatusOk()
                .hasContentTypeCompatibleWith("text/plain")
                .bodyText()
                .startsWith(code.code())
                .contains("What to do");
    }

    @Test
    void whatIsPackagedIsThePage() throws IOException {
        assertThat(ProblemPages.document()).isEqualTo(Files.readString(PAGE));
        assertThat(mvc.get().uri("/problems")).hasStatusOk().bodyText().isEqualTo(Files.readString(PAGE));
        assertProblem(mvc.get().uri("/problems/nothing").exchange(), ProblemCode.NOT_FOUND);
    }
}
