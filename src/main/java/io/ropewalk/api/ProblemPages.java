package io.ropewalk.api;

import io.swagger.v3.oas.annotations.Hidden;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** What problems mean and what to do about them, for people: where the {@code type} of a problem leads. */
@Hidden
@RestController
@RequestMapping(path = ProblemPages.PATH, produces = ProblemPages.TEXT)
class ProblemPages {
    static final String PATH = "/problems";
    static final String TEXT = MediaType.TEXT_PLAIN_VALUE + ";charset=UTF-8";

    /** The document of the same name, packaged. */
    private static final String DOCUMENT = "/problems.md";

    private static final Pattern SECTION = Pattern.compile("(?ms)^## `([a-z-]+)`$\\s*(.*?)\\s*(?=^## |\\z)");

    private final String document = document();
    private final Map<String, String> sections = sections(document);

    @GetMapping
    String all() {
        return document;
    }

    @GetMapping("/{code}")
    String one(@PathVariable String code) {
        String section = sections.get(code);
        if (section == null) {
            throw new ApiException(
                    ProblemCode.NOT_FOUND, "There is no problem of this code.", "See " + PATH + " for all there are.");
        }
        return code + "\n\n" + section + "\n";
    }

    static String document() {
        try (InputStream stream = ProblemPages.class.getResourceAsStream(DOCUMENT)) {
            if (stream == null) {
                throw new IllegalStateException(DOCUMENT + " is not packaged");
            }
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What is said of each code. */
    static Map<String, String> sections(String document) {
        return SECTION.matcher(document)
                .results()
                .collect(Collectors.toMap(
                        match -> match.group(1), match -> match.group(2), (one, other) -> one, LinkedHashMap::new));
    }
}
