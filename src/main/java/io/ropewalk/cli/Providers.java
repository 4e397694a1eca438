package io.ropewalk.cli;

import java.io.PrintWriter;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Turns what was typed for a provider into the name of a registered device. What was typed is such a name, a URI, or an
 * absolute path, which stands for a {@code file:} URI. Which URIs are the same is for the service to say.
 *
 * <p>For verbs that bring devices in, a URI that is not registered is registered, and taken back when the verb fails.
 */
final class Providers {
    private static final Pattern URI_START = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*:.*");
    private static final String EXISTS = "device-exists";

    private final ServiceClient service;
    private final PrintWriter err;
    private final List<String> registered = new ArrayList<>();

    Providers(ServiceClient service, PrintWriter err) {
        this.service = service;
        this.err = err;
    }

    /** Something to do with devices. */
    interface Verb<T> {
        T run(List<String> devices);
    }

    /** Runs {@code verb} with the devices behind what was typed, registering those that are not. */
    <T> T bringIn(List<String> typed, Verb<T> verb) {
        try {
            List<String> devices = new ArrayList<>();
            for (String one : typed) {
                devices.add(isName(one) ? one : register(one));
            }
            return verb.run(devices);
        } catch (CliException failed) {
            takeBack();
            throw failed;
        }
    }

    /** The registered device behind what was typed. */
    String find(String typed) {
        if (isName(typed)) {
            return typed;
        }
        try {
            service.post("/devices?dryRun=true", Map.of("uri", uri(typed)));
        } catch (RefusedException refused) {
            if (refused.code().equals(EXISTS)) {
                return refused.resourceName();
            }
            if (!refused.isAboutDevice()) {
                throw refused;
            }
        }
        throw new CliException("No registered device opens " + typed + ".");
    }

    /** Unregisters what {@link #bringIn} has registered. */
    void takeBack() {
        for (String device : registered.reversed()) {
            try {
                service.delete("/devices/" + ServiceClient.encode(device));
            } catch (CliException failed) {
                err.print("gmultipath: Device " + device + " stays registered: "
                        + failed.lines().getFirst() + "\n");
            }
        }
        registered.clear();
    }

    private String register(String typed) {
        try {
            String name = service.post("/devices", Map.of("uri", uri(typed)))
                    .body()
                    .path("name")
                    .asString("");
            registered.add(name);
            return name;
        } catch (RefusedException refused) {
            if (refused.code().equals(EXISTS) && !refused.resourceName().isEmpty()) {
                return refused.resourceName();
            }
            throw refused;
        }
    }

    private static boolean isName(String typed) {
        return !typed.startsWith("/") && !URI_START.matcher(typed).matches();
    }

    private static String uri(String typed) {
        if (!typed.startsWith("/")) {
            return typed;
        }
        try {
            return new URI("file", "", typed, null).toString();
        } catch (URISyntaxException odd) {
            throw new CliException(List.of("The path " + typed + " cannot be said as a URI."), odd);
        }
    }
}
