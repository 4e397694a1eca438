package io.ropewalk.config;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.aot.AotDetector;
import org.springframework.boot.SpringApplicationRunListener;
import org.springframework.boot.bootstrap.ConfigurableBootstrapContext;
import org.springframework.core.SpringProperties;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;

/**
 * Whether this start may use the beans that were generated while the image was built (Spring's ahead-of-time
 * processing, {@code spring.aot.enabled}): only where each question that conditions asked of the configuration then has
 * the same answer now. Where one has another, the beans are found as without generation, which takes longer and is
 * never wrong.
 */
final class GeneratedBeans implements SpringApplicationRunListener {
    private static final Logger LOG = LoggerFactory.getLogger("io.ropewalk.control");

    @Override
    public void environmentPrepared(ConfigurableBootstrapContext bootstrap, ConfigurableEnvironment environment) {
        if (AotDetector.useGeneratedArtifacts()) {
            otherwiseAnswered(answers(), environment).ifPresent(GeneratedBeans::leaveOut);
        }
    }

    private static void leaveOut(String question) {
        LOG.info(
                "The image was prepared for another {}: what the service is made of is found anew, which takes longer",
                question);
        SpringProperties.setProperty(AotDetector.AOT_ENABLED, Boolean.FALSE.toString());
    }

    /** The first question that has another answer than it had in the build. */
    static Optional<String> otherwiseAnswered(Stream<String> answers, Environment environment) {
        return answers.filter(answer -> !answer.equals(Questions.answer(environment, Questions.of(answer))))
                .map(Questions::of)
                .findFirst();
    }

    /** Where nothing was generated, Spring will say so. */
    private static Stream<String> answers() {
        try (InputStream file = GeneratedBeans.class.getClassLoader().getResourceAsStream(Questions.FILE)) {
            return file == null ? Stream.empty() : new String(file.readAllBytes(), StandardCharsets.UTF_8).lines();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
