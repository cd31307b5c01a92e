package dev.engram.spark;

import dev.engram.model.BadInputException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkException;
import org.apache.spark.api.java.JavaSparkContext;

/** Connections to Spark, and what went wrong there in one sentence. */
final class Sessions {
    /** Variables that the workers compute by; they are set there as they are here. */
    private static final List<String> VARIABLES =
            List.of("ENGRAM_KERNEL", "ENGRAM_DEVICE", "ENGRAM_MODEL_PATH", "ENGRAM_HOME", "DJL_CACHE_DIR");

    /** Jars that workers need beside Spark's own, parted by commas; the launcher sets it. */
    private static final String JARS = "ENGRAM_SPARK_JARS";

    private Sessions() {}

    /** Connects; an address that is none, or that does not answer, is refused. */
    static JavaSparkContext open(String master, String name) {
        SparkConf conf = new SparkConf()
                .setMaster(master)
                .setAppName(name)
                .set("spark.ui.enabled", "false")
                .set("spark.ui.showConsoleProgress", "false");
        if (master.startsWith("local")) {
            conf.set("spark.driver.host", "localhost").set("spark.driver.bindAddress", "127.0.0.1");
        }
        String jars = System.getenv().getOrDefault(JARS, "");
        if (!jars.isBlank() && !master.matches("local(\\[.*)?")) {
            conf.set("spark.jars", jars);
        }
        environment().forEach(conf::setExecutorEnv);
        try {
            return new JavaSparkContext(conf);
        } catch (Exception e) { // Scala's exceptions are not declared
            throw new BadInputException(
                    "--spark is '" + master + "', which Spark cannot use (" + firstLine(e)
                            + "); give local[2] for two workers on this machine, or the address of a running cluster, such as spark://host:7077.",
                    e);
        }
    }

    private static Map<String, String> environment() {
        Map<String, String> set = new TreeMap<>();
        for (String name : VARIABLES) {
            String value = System.getenv(name);
            if (value != null && !value.isBlank()) {
                set.put(name, value);
            }
        }
        return set;
    }

    /** What a job failed of: a worker's refusal as it is, anything else with Spark's words. */
    static RuntimeException explained(Exception e) {
        for (Throwable t = e; t != null; t = t.getCause()) {
            if (t instanceof BadInputException refusal) {
                return refusal;
            }
        }
        if (e instanceof SparkException || e instanceof IllegalStateException) {
            return new BadInputException(
                    "The job on Spark failed (" + firstLine(e)
                            + "); what its shards had finished is kept, so run the same command again once the cause is gone.",
                    e);
        }
        return e instanceof RuntimeException r ? r : new IllegalStateException(e);
    }

    private static String firstLine(Throwable e) {
        String text = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        return text.strip().lines().findFirst().orElse("no message").strip();
    }
}
