package io.ropewalk.deploy;

import com.marcnuri.helm.DryRun;
import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import com.marcnuri.helm.TemplateCommand;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The chart {@code helm/ropewalk}, rendered by Helm itself inside this JVM. */
final class Chart {
    static final Path FOLDER = Path.of("helm/ropewalk");
    static final Path RESOURCES = Path.of("src/test/resources/deploy");
    static final String KUBERNETES = "1.33.0";
    /** A token that is given, so that rendering looks nothing up in a cluster and is the same every time. */
    static final Path TOKEN = RESOURCES.resolve("values/token.yaml");

    private final Path folder;

    private Chart(Path folder) {
        this.folder = folder;
    }

    static Chart ofProject() {
        return new Chart(FOLDER);
    }

    /** A copy in {@code scratch} whose test pods are ordinary pods: Helm leaves hooks out of what it renders. */
    static Chart withTestsAsPods(Path scratch) {
        try (Stream<Path> files = Files.walk(FOLDER)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path copy = scratch.resolve(FOLDER.relativize(file));
                Files.createDirectories(copy.getParent());
                Files.writeString(copy, Files.readString(file).replace("helm.sh/hook: test", "was-a-hook: test"));
            }
            return new Chart(scratch);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Path values(String name) {
        return RESOURCES.resolve("values").resolve(name);
    }

    /** Every file of values to try the chart with. */
    static Stream<Path> matrix() {
        try (Stream<Path> files = Files.list(RESOURCES.resolve("values"))) {
            return files.sorted().toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Helm helm() {
        return new Helm(folder);
    }

    LintResult lint() {
        return helm().lint().strict().call();
    }

    /** As {@code helm template demo --namespace storage --values …}, parsed strictly. */
    Manifests render(Path... values) {
        TemplateCommand template = start();
        for (Path file : values) {
            template.withValuesFile(file);
        }
        return Manifests.parse(template.call());
    }

    /** As {@code helm template … --set key=value}. */
    Manifests renderWith(String key, Object value) {
        return Manifests.parse(start().set(key, value).call());
    }

    private TemplateCommand start() {
        return helm().template()
                .withName("demo")
                .withNamespace("storage")
                .withKubeVersion(KUBERNETES)
                .withValuesFile(TOKEN);
    }

    /** What {@code helm install} tells the user. */
    String notes(Path... values) {
        var install = helm().install()
                .withName("demo")
                .withNamespace("storage")
                .withKubeVersion(KUBERNETES)
                .clientOnly()
                .dryRun()
                .withDryRunOption(DryRun.CLIENT)
                .withValuesFile(TOKEN);
        List.of(values).forEach(install::withValuesFile);
        String output = install.call().getOutput();
        return output.substring(output.indexOf("NOTES:"));
    }
}
