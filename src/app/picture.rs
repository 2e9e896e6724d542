//! Pictures and plain rectangles with round corners, drawn by a shader of our own.
//!
//! egui's shader does for every pixel what only its snapshot tests need; where a processor draws in place of a graphics card
//! that is most of a frame. Ours samples the picture and rounds the corners. What is drawn is collected while egui prepares a
//! frame and uploaded once.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use eframe::egui::{Color32, ColorImage, Painter, Rect, Shape, Vec2, vec2};
use eframe::egui_wgpu::{Callback, CallbackResources, CallbackTrait, RenderState, ScreenDescriptor, wgpu};

/// What a picture is drawn to where nobody said otherwise.
const USUAL_FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8Unorm;

/// A picture for the screen; it goes to the GPU when it is first drawn, and its memory there is free when the last clone is
/// gone.
#[derive(Clone)]
pub(super) struct Picture {
    size: [usize; 2],
    state: Arc<Mutex<PictureState>>,
}

enum PictureState {
    /// Not drawn yet.
    Pixels(ColorImage),
    /// On the GPU.
    Bound(wgpu::BindGroup),
}

impl Picture {
    /// A picture of these pixels.
    pub(super) fn new(image: ColorImage) -> Self {
        Self {
            size: image.size,
            state: Arc::new(Mutex::new(PictureState::Pixels(image))),
        }
    }

    /// Width and height in texels.
    pub(super) fn size(&self) -> Vec2 {
        vec2(self.size[0] as f32, self.size[1] as f32)
    }

    /// Draws the part `uv` (0–1) of the picture over `rect`, its corners rounded by `radius` points. What is behind it shows
    /// through where its `strength` (0–1) is less than 1.
    pub(super) fn paint(&self, painter: &Painter, rect: Rect, uv: Rect, radius: f32, strength: f32) {
        if painter.clip_rect().intersects(rect) {
            let picture = self.clone();
            painter.add(shape(rect, radius, Paint::Picture { picture, uv, strength }));
        }
    }
}

/// Fills a rectangle whose corners are rounded by `radius` points.
pub(super) fn fill(painter: &Painter, rect: Rect, radius: f32, color: Color32) {
    if painter.clip_rect().intersects(rect) {
        painter.add(filled(rect, radius, color));
    }
}

/// A filled rectangle as a shape.
pub(super) fn filled(rect: Rect, radius: f32, color: Color32) -> Shape {
    shape(rect, radius, Paint::Plain(color))
}

fn shape(rect: Rect, radius: f32, paint: Paint) -> Shape {
    let drawing = Drawing {
        rect,
        radius,
        paint,
        place: AtomicU32::new(0),
    };
    Shape::Callback(Callback::new_paint_callback(rect, drawing))
}

/// Readies the window's renderer for pictures.
pub(super) fn prepare_renderer(state: &RenderState) {
    let renderer = PictureRenderer::new(&state.device, state.target_format);
    state.renderer.write().callback_resources.insert(renderer);
}

enum Paint {
    Picture { picture: Picture, uv: Rect, strength: f32 },
    Plain(Color32),
}

/// One rectangle of a frame.
struct Drawing {
    rect: Rect,
    radius: f32,
    paint: Paint,
    /// Its place among the instances of the frame.
    place: AtomicU32,
}

/// What the vertex shader takes of a rectangle: see `picture.wgsl`.
type Instance = [f32; 12];

/// Pipelines, and the instances of a frame.
struct PictureRenderer {
    pictures: wgpu::RenderPipeline,
    plain: wgpu::RenderPipeline,
    layout: wgpu::BindGroupLayout,
    sampler: wgpu::Sampler,
    instances: Vec<Instance>,
    buffer: wgpu::Buffer,
    /// Whether the instances are those of a frame that was uploaded.
    uploaded: bool,
}

impl PictureRenderer {
    fn new(device: &wgpu::Device, format: wgpu::TextureFormat) -> Self {
        let shader = device.create_shader_module(wgpu::include_wgsl!("picture.wgsl"));
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("picture"),
            entries: &[
                wgpu::BindGroupLayoutEntry {
                    binding: 0,
                    visibility: wgpu::ShaderStages::FRAGMENT,
                    ty: wgpu::BindingType::Texture {
                        sample_type: wgpu::TextureSampleType::Float { filterable: true },
                        view_dimension: wgpu::TextureViewDimension::D2,
                        multisampled: false,
                    },
                    count: None,
                },
                wgpu::BindGroupLayoutEntry {
                    binding: 1,
                    visibility: wgpu::ShaderStages::FRAGMENT,
                    ty: wgpu::BindingType::Sampler(wgpu::SamplerBindingType::Filtering),
                    count: None,
                },
            ],
        });
        let pipeline = |layouts: &[Option<&wgpu::BindGroupLayout>], entry_point: &str| {
            let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
                label: Some("picture"),
                bind_group_layouts: layouts,
                immediate_size: 0,
            });
            device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
                label: Some(entry_point),
                layout: Some(&layout),
                vertex: wgpu::VertexState {
                    module: &shader,
                    entry_point: Some("vertex"),
                    compilation_options: wgpu::PipelineCompilationOptions::default(),
                    buffers: &[Some(wgpu::VertexBufferLayout {
                        array_stride: size_of::<Instance>() as u64,
                        step_mode: wgpu::VertexStepMode::Instance,
                        attributes: &wgpu::vertex_attr_array![0 => Float32x4, 1 => Float32x4, 2 => Float32x4],
                    })],
                },
                primitive: wgpu::PrimitiveState {
                    topology: wgpu::PrimitiveTopology::TriangleStrip,
                    ..wgpu::PrimitiveState::default()
                },
                depth_stencil: None,
                multisample: wgpu::MultisampleState::default(),
                fragment: Some(wgpu::FragmentState {
                    module: &shader,
                    entry_point: Some(entry_point),
                    compilation_options: wgpu::PipelineCompilationOptions::default(),
                    targets: &[Some(wgpu::ColorTargetState {
                        format,
                        blend: Some(wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING),
                        write_mask: wgpu::ColorWrites::ALL,
                    })],
                }),
                multiview_mask: None,
                cache: None,
            })
        };
        let (of_picture, of_plain) = if format.is_srgb() {
            ("picture_linear", "plain_linear")
        } else {
            ("picture_gamma", "plain_gamma")
        };
        Self {
            pictures: pipeline(&[Some(&layout)], of_picture),
            plain: pipeline(&[], of_plain),
            sampler: device.create_sampler(&wgpu::SamplerDescriptor {
                label: Some("picture"),
                mag_filter: wgpu::FilterMode::Linear,
                min_filter: wgpu::FilterMode::Linear,
                ..wgpu::SamplerDescriptor::default()
            }),
            buffer: instance_buffer(device, 256),
            layout,
            instances: Vec::new(),
            uploaded: true,
        }
    }

    /// Brings a picture to the GPU.
    fn bind(&self, device: &wgpu::Device, queue: &wgpu::Queue, image: &ColorImage) -> wgpu::BindGroup {
        let [width, height] = image.size.map(|side| side as u32);
        let size = wgpu::Extent3d {
            width,
            height,
            depth_or_array_layers: 1,
        };
        let texture = device.create_texture(&wgpu::TextureDescriptor {
            label: Some("picture"),
            size,
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: wgpu::TextureFormat::Rgba8Unorm,
            usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
            view_formats: &[],
        });
        let rows = wgpu::TexelCopyBufferLayout {
            offset: 0,
            bytes_per_row: Some(4 * width),
            rows_per_image: None,
        };
        queue.write_texture(texture.as_image_copy(), image.as_raw(), rows, size);
        let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
        device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("picture"),
            layout: &self.layout,
            entries: &[
                wgpu::BindGroupEntry {
                    binding: 0,
                    resource: wgpu::BindingResource::TextureView(&view),
                },
                wgpu::BindGroupEntry {
                    binding: 1,
                    resource: wgpu::BindingResource::Sampler(&self.sampler),
                },
            ],
        })
    }

    /// Takes a rectangle into the frame; returns its place.
    fn take(&mut self, instance: Instance) -> u32 {
        if self.uploaded {
            self.instances.clear();
            self.uploaded = false;
        }
        self.instances.push(instance);
        self.instances.len() as u32 - 1
    }

    fn upload(&mut self, device: &wgpu::Device, queue: &wgpu::Queue) {
        if self.uploaded {
            return;
        }
        self.uploaded = true;
        let bytes: &[u8] = bytemuck::cast_slice(&self.instances);
        if self.buffer.size() < bytes.len() as u64 {
            self.buffer = instance_buffer(device, self.instances.len().next_power_of_two());
        }
        queue.write_buffer(&self.buffer, 0, bytes);
    }
}

fn instance_buffer(device: &wgpu::Device, instances: usize) -> wgpu::Buffer {
    device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("picture instances"),
        size: (instances * size_of::<Instance>()) as u64,
        usage: wgpu::BufferUsages::VERTEX | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    })
}

impl Drawing {
    fn instance(&self, screen: &ScreenDescriptor) -> Instance {
        let scale = screen.pixels_per_point;
        let [width, height] = screen.size_in_pixels.map(|side| side as f32 / scale);
        let (across, down) = (|x: f32| 2.0 * x / width - 1.0, |y: f32| 1.0 - 2.0 * y / height);
        let (tint, strength) = match &self.paint {
            Paint::Picture { uv, strength, .. } => ([uv.min.x, uv.min.y, uv.max.x, uv.max.y], *strength),
            Paint::Plain(color) => (color.to_normalized_gamma_f32(), 1.0),
        };
        let half = self.rect.size() * (0.5 * scale);
        let radius = (self.radius * scale).min(half.min_elem());
        let (min, max) = (self.rect.min, self.rect.max);
        [
            across(min.x),
            down(min.y),
            across(max.x),
            down(max.y), //
            tint[0],
            tint[1],
            tint[2],
            tint[3], //
            half.x,
            half.y,
            radius,
            strength,
        ]
    }
}

impl CallbackTrait for Drawing {
    fn prepare(
        &self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        screen: &ScreenDescriptor,
        _encoder: &mut wgpu::CommandEncoder,
        resources: &mut CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        let renderer = resources
            .entry::<PictureRenderer>()
            .or_insert_with(|| PictureRenderer::new(device, USUAL_FORMAT));
        self.place
            .store(renderer.take(self.instance(screen)), Ordering::Relaxed);
        if let Paint::Picture { picture, .. } = &self.paint {
            let mut state = picture.state.lock().unwrap_or_else(PoisonError::into_inner);
            if let PictureState::Pixels(image) = &*state {
                *state = PictureState::Bound(renderer.bind(device, queue, image));
            }
        }
        Vec::new()
    }

    fn finish_prepare(
        &self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        _encoder: &mut wgpu::CommandEncoder,
        resources: &mut CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        if let Some(renderer) = resources.get_mut::<PictureRenderer>() {
            renderer.upload(device, queue);
        }
        Vec::new()
    }

    fn paint(
        &self,
        info: eframe::egui::PaintCallbackInfo,
        pass: &mut wgpu::RenderPass<'static>,
        resources: &CallbackResources,
    ) {
        let Some(renderer) = resources.get::<PictureRenderer>() else {
            return;
        };
        match &self.paint {
            Paint::Picture { picture, .. } => {
                let state = picture.state.lock().unwrap_or_else(PoisonError::into_inner);
                let PictureState::Bound(bound) = &*state else {
                    return;
                };
                pass.set_pipeline(&renderer.pictures);
                pass.set_bind_group(0, bound, &[]);
            }
            Paint::Plain(_) => pass.set_pipeline(&renderer.plain),
        }
        // egui offers the rectangle as the viewport, cut to the window; places here are those of the whole window.
        let [width, height] = info.screen_size_px.map(|side| side as f32);
        pass.set_viewport(0.0, 0.0, width, height, 0.0, 1.0);
        pass.set_vertex_buffer(0, renderer.buffer.slice(..));
        let place = self.place.load(Ordering::Relaxed);
        pass.draw(0..4, place..place + 1);
    }
}
