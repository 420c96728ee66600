"""An editor without screen, disc or models: rasters, masks, strokes, history, jobs."""
