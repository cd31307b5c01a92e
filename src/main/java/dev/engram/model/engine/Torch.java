package dev.engram.model.engine;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import dev.engram.model.BadInputException;
import dev.engram.model.LoadOptions.DeviceChoice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The PyTorch engine behind DJL: device, threads, and the state that every thread must set for itself. */
public final class Torch {
    /** Threads wanted for one operation; the setting itself belongs to each thread. */
    private static volatile int wanted;

    private static final ThreadLocal<Integer> ENTERED = new ThreadLocal<>();

    private Torch() {}

    /** Prepares the calling thread; cheap after the first time. New threads would otherwise record graphs. */
    public static void enter() {
        Integer threads = ENTERED.get();
        if (threads == null) {
            // The optimiser specialises a method for training or inference and then fails in the other mode.
            JniUtils.setGraphExecutorOptimize(false);
            JniUtils.setGradMode(false);
        }
        int now = wanted;
        if (threads == null || threads != now) {
            if (now > 0) {
                JniUtils.setNumThreads(now);
            }
            ENTERED.set(now);
        }
    }

    /** A manager on the chosen device; ENGRAM_DEVICE, where set, decides for {@code AUTO}. */
    public static NDManager manager(DeviceChoice choice) {
        System.setProperty("OPT_OUT_TRACKING", "true");
        Engine engine = Engine.getEngine("PyTorch");
        enter();
        DeviceChoice which = choice;
        String environment = System.getenv("ENGRAM_DEVICE");
        if (choice == DeviceChoice.AUTO && environment != null && !environment.isBlank()) {
            which = DeviceChoice.parse(environment.strip());
        }
        boolean gpu = engine.getGpuCount() > 0;
        if (which == DeviceChoice.CUDA && !gpu) {
            throw new BadInputException("--device is cuda, but PyTorch finds no CUDA device on this machine;"
                    + " use --device cpu, or put DJL's CUDA build of PyTorch on the class path.");
        }
        Device device = gpu && which != DeviceChoice.CPU ? Device.gpu() : Device.cpu();
        return engine.newBaseManager(device);
    }

    /** Sets the threads of one operation, for all threads that compute from now on. */
    public static void setThreads(int threads) {
        wanted = threads;
        enter();
    }

    public static int threads() {
        return JniUtils.getNumThreads();
    }

    /** Most threads worth trying: OMP_NUM_THREADS where the user set it, else the physical cores. */
    public static int mostThreads() {
        String own = System.getenv("OMP_NUM_THREADS");
        return own != null && own.matches("[1-9]\\d{0,3}") ? Integer.parseInt(own) : physicalCores();
    }

    /** Distinct (package, core) pairs that this process may run on; the logical processors where the system does not say. */
    public static int physicalCores() {
        int logical = Runtime.getRuntime().availableProcessors();
        try {
            Set<String> cores = new HashSet<>();
            String socket = "0";
            Pattern line = Pattern.compile("(physical id|core id)\\s*:\\s*(\\d+)");
            for (String text : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
                Matcher m = line.matcher(text);
                if (m.matches() && m.group(1).equals("physical id")) {
                    socket = m.group(2);
                } else if (m.matches()) {
                    cores.add(socket + ":" + m.group(2));
                }
            }
            return cores.isEmpty() ? logical : Math.min(logical, cores.size());
        } catch (IOException e) {
            return logical;
        }
    }
}
