package io.ropewalk.api;

import java.io.IOException;
import java.io.Writer;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ErrorReportValve;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;

/**
 * Says as a problem what Tomcat refuses before any servlet sees it: an illegal path, a broken header. Public and with a
 * plain constructor, because Tomcat makes it from its class name.
 */
public class ProblemValve extends ErrorReportValve {
    @Override
    protected void report(Request request, Response response, @Nullable Throwable throwable) {
        int status = response.getStatus();
        if (status < 400 || response.getContentWritten() > 0 || !response.setErrorReported()) {
            return;
        }
        try {
            response.setContentType(MediaType.APPLICATION_PROBLEM_JSON_VALUE);
            response.setCharacterEncoding("UTF-8");
            Writer writer = response.getReporter();
            if (writer != null) {
                ProblemJson problem = ProblemHandler.plain(status).toProblem("/");
                response.setStatus(problem.status());
                writer.write(json(problem));
                response.finishResponse();
            }
        } catch (IOException | IllegalStateException gone) {
            // The client is not there any more.
        }
    }

    /** None of these texts needs escaping: they are all our own. The path is left out, it may be what is illegal. */
    private static String json(ProblemJson problem) {
        return """
                {"type":"%s","title":"%s","status":%d,"detail":"%s","instance":"%s","code":"%s","correction":"%s","violations":[]}""".formatted(
                        problem.type(),
                        problem.title(),
                        problem.status(),
                        problem.detail(),
                        problem.instance(),
                        problem.code(),
                        problem.correction());
    }
}
