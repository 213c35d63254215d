// The points, drawn by regl-scatterplot. It draws only: pointer, keys, touch and camera are this folder's own, since
// the library knows no touch and no keys, and a camera of its own would have to be asked where it is.
import createScatterplot, { createRenderer } from "regl-scatterplot";
import { matrixOf, scaleOf, WHOLE, type Camera, type Size } from "./camera";
import { OPACITIES, sizeOf, type Dots } from "./dots";

/** This browser cannot draw the points. */
export class CannotDraw extends Error {}

export class Plot {
  private readonly renderer: ReturnType<typeof createRenderer>;
  private readonly scatterplot: ReturnType<typeof createScatterplot>;
  private drawing: Promise<void> | null = null;
  private waiting: Dots | null = null;

  /**
   * `canvas` shows the points; whatever `drawn` draws with the same camera fits on them; `lost` is called when the
   * browser takes the graphics away.
   */
  constructor(
    canvas: HTMLCanvasElement,
    private size: Size,
    private readonly count: number,
    colours: string[],
    drawn: () => void,
    lost: () => void,
  ) {
    const screen = document.createElement("canvas");
    // The library would ask for smoothed edges of a canvas that it only copies to, which costs much without a GPU.
    const graphics = screen.getContext("webgl", { antialias: false, preserveDrawingBuffer: true });
    if (!graphics?.getExtension("OES_texture_float"))
      throw new CannotDraw("WebGL with textures of floating-point numbers is missing");
    screen.addEventListener("webglcontextlost", lost);
    this.renderer = createRenderer({ canvas: screen });
    this.renderer.resize(size.width, size.height);
    this.scatterplot = createScatterplot({
      renderer: this.renderer,
      canvas,
      ...size,
      cameraIsFixed: true,
      deselectOnEscape: false,
      deselectOnDblClick: false,
      lassoOnLongPress: false,
      pointSize: this.pointSize(),
      pointColor: colours,
      colorBy: "valueA",
      opacity: OPACITIES,
      opacityBy: "valueB",
    });
    this.scatterplot.subscribe("drawing", drawn);
  }

  /** Draw these points, or those of the last call while others are being drawn. */
  async draw(dots: Dots): Promise<void> {
    this.waiting = dots;
    this.drawing ??= this.drawWaiting().finally(() => (this.drawing = null));
    return this.drawing;
  }

  private async drawWaiting(): Promise<void> {
    while (this.waiting) {
      const { x, y, colour, faded } = this.waiting;
      this.waiting = null;
      await this.scatterplot.draw(
        { x, y, valueA: colour, valueB: faded },
        { zDataType: "categorical", wDataType: "categorical" },
      );
    }
  }

  paint(colours: string[]): void {
    void this.scatterplot.set({ pointColor: colours });
  }

  look(camera: Camera): void {
    this.scatterplot.view(matrixOf(camera, this.size));
  }

  /** Take up the size of the pane and the screen's pixels to one of the page. */
  resize(size: Size): void {
    this.size = size;
    this.renderer.resize(size.width, size.height);
    void this.scatterplot.set({ ...size, pointSize: this.pointSize() });
  }

  /** The library takes a size for when the view is 2 high, and everything seen is less in a narrow pane. */
  private pointSize(): number {
    return sizeOf(this.count, this.size) / ((2 * scaleOf(WHOLE, this.size)) / this.size.height);
  }

  destroy(): void {
    this.scatterplot.destroy();
    this.renderer.destroy();
  }
}
