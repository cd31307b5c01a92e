package dev.engram.report;

import java.util.Base64;
import java.util.Map;
import java.util.UUID;
import org.dflib.jjava.jupyter.Extension;
import org.dflib.jjava.jupyter.kernel.BaseKernel;
import org.dflib.jjava.jupyter.kernel.display.DisplayData;
import org.dflib.jjava.jupyter.kernel.display.Renderer;
import org.dflib.jjava.jupyter.kernel.display.mime.MIMEType;
import org.knowm.xchart.internal.chartpart.IChart;
import tech.tablesaw.api.Table;

/**
 * Teaches the JJava kernel to show tables, charts and pictures when they are the last expression of a cell, and gives
 * {@link Progress} a place in the cell's output. The kernel finds this class by its service file; nothing else names it, so
 * the rest of the package works without the kernel's classes.
 */
public final class RichDisplay implements Extension {
    @Override
    public void install(BaseKernel kernel) {
        register(kernel.getRenderer());
        CellOutput.attach(new KernelOutput(kernel));
    }

    static void register(Renderer renderer) {
        renderer.createRegistration(Table.class).preferring(MIMEType.TEXT_HTML).register((table, context) -> {
            context.renderIfRequested(MIMEType.TEXT_HTML, () -> Tables.html(table));
            context.getOutputContainer().putText(Tables.text(table));
        });
        renderer.createRegistration(IChart.class)
                .preferring(MIMEType.IMAGE_PNG)
                .register((chart, context) -> putImage(context.getOutputContainer(), Charts.picture(chart)));
        renderer.createRegistration(Picture.class)
                .preferring(MIMEType.IMAGE_PNG)
                .register((picture, context) -> putImage(context.getOutputContainer(), picture));
        renderer.createRegistration(TextHeat.class)
                .preferring(MIMEType.TEXT_HTML)
                .register((text, context) -> {
                    context.renderIfRequested(MIMEType.TEXT_HTML, text::html);
                    // Viewers that drop colours from HTML can fall back to the image.
                    putImage(context.getOutputContainer(), text);
                });
    }

    private static void putImage(DisplayData out, Picture picture) {
        out.putData(MIMEType.IMAGE_PNG, Base64.getMimeEncoder().encodeToString(picture.png()));
        // The bitmap is denser than the screen; the size in points tells the notebook how large to show it.
        out.putMetaData(MIMEType.IMAGE_PNG, Map.of("width", picture.width(), "height", picture.height()));
        out.putText(picture.description());
    }

    /** The cell output of a running kernel. */
    private record KernelOutput(BaseKernel kernel) implements CellOutput {
        @Override
        public String show(String text, String html) {
            DisplayData data = data(text, html);
            String handle = UUID.randomUUID().toString();
            // Not setDisplayId: its return type differs between 1.0-a6, which is compiled against, and 1.0-a8, which
            // runs.
            data.putTransientData("display_id", handle);
            kernel.getIO().display.display(data);
            return handle;
        }

        @Override
        public void update(String handle, String text, String html) {
            kernel.getIO().display.updateDisplay(handle, data(text, html));
        }

        @Override
        public boolean isReady() {
            return kernel.getIO().isAttached();
        }

        private static DisplayData data(String text, String html) {
            DisplayData data = new DisplayData(text);
            data.putHTML(html);
            return data;
        }
    }
}
