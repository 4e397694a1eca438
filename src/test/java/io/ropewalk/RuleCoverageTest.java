package io.ropewalk;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Every rule (R) of the original, every case (T) of its own tests, every case that these leave out (U) and every quirk
 * (Q) has a test that names it, in its display name ({@code "R12: …"}) or at the start of its name ({@code r12_…}), or a
 * row in ADR 8 that says why there is none.
 */
class RuleCoverageTest {
    private static final Path TESTS = Path.of("src/test/java");
    private static final Path DECISIONS = Path.of("src/docs/adr/0008-kept-and-mended.md");
    private static final Pattern DISPLAY_NAME = Pattern.compile("@DisplayName\\(\\s*\"([^\"]*)\"");
    private static final Pattern METHOD = Pattern.compile("void ([rtuq]\\d+_\\w*)\\(");
    private static final Pattern ID_IN_TEXT = Pattern.compile("\\b([RTUQ]\\d+)\\b");
    private static final Pattern ID_IN_METHOD = Pattern.compile("(?:^|And)([rtuqRTUQ]\\d+)(?=_)");
    private static final Pattern EXCEPTION = Pattern.compile("(?m)^\\| ([RTUQ]\\d+) \\| no test \\| (.{20,}) \\|$");

    private static final List<String> ALL = Stream.of(ids("R", 57), ids("T", 12), ids("U", 11), ids("Q", 39))
            .flatMap(ids -> ids)
            .toList();

    private static Stream<String> ids(String kind, int count) {
        return IntStream.rangeClosed(1, count).mapToObj(number -> kind + number);
    }

    @Test
    @DisplayName("every rule, case and quirk of the original is tested by name, or said not to be")
    void everyRuleIsNamed() throws IOException {
        Set<String> tested = tested();
        Set<String> excepted = matches(EXCEPTION, Files.readString(DECISIONS));

        assertThat(ALL.stream().filter(Predicate.not(tested::contains)).filter(Predicate.not(excepted::contains)))
                .as("neither tested by name nor excepted in ADR 8")
                .isEmpty();
        assertThat(excepted).as("excepted").isSubsetOf(ALL).doesNotContainAnyElementsOf(tested);
        assertThat(tested).as("named by tests").isSubsetOf(ALL);
    }

    private static Set<String> tested() throws IOException {
        Set<String> ids = new TreeSet<>();
        try (Stream<Path> files = Files.walk(TESTS)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".java")).toList()) {
                String source = Files.readString(file);
                DISPLAY_NAME.matcher(source).results().forEach(name -> ids.addAll(matches(ID_IN_TEXT, name.group(1))));
                METHOD.matcher(source).results().forEach(name -> ids.addAll(matches(ID_IN_METHOD, name.group(1))));
            }
        }
        return ids;
    }

    private static Set<String> matches(Pattern pattern, String text) {
        Set<String> found = new TreeSet<>();
        pattern.matcher(text)
                .results()
                .forEach(match -> found.add(match.group(1).toUpperCase(Locale.ROOT)));
        return found;
    }
}
