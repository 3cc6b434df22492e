//! The only trait of criterion that shuttle's tokio implements.
pub mod async_executor {
    pub trait AsyncExecutor {
        fn block_on<T>(&self, future: impl Future<Output = T>) -> T;
    }
}
